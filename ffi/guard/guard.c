/*
 * The SIGBUS guard: a signal handler that lays zero pages over what a mapping of a file has lost.
 *
 * A page of a mapped file that somebody else cut off, or that the disk cannot read, ends the process that touches it. This handler
 * looks for the address in a table of mappings. Where it finds it, it puts anonymous zero pages over the rest of that mapping, from
 * the lost page on, counts that, and returns: the access is repeated and meets zeros. Whoever reads has to look at the count
 * afterwards. Any other SIGBUS is left to whoever handled it before.
 *
 * It is copied to the start of a page of its own (executable, never writable), and its table follows in the next pages (writable,
 * never executable): so it needs no relocation, no libc and no word of its address. `deno task guard:build` compiles it into mod.ts.
 *
 * It may run on any thread, between any two instructions, also while the table is changed. The thread that owns the table changes an
 * entry only by single words in this order: a range is made by `start` (while `end` is 0), then `end`; it is taken away by `end` = 0.
 */
#ifndef __x86_64__
#error "The guard is written for x86-64; elsewhere it is refused (ffi/sigbus_guard.ts)"
#endif

typedef unsigned long word;

#define PAGE 4096UL

enum { SYS_MMAP = 9, SYS_RT_SIGACTION = 13, SYS_GETPID = 39, SYS_GETTID = 186 };
enum { SYS_RT_TGSIGQUEUEINFO = 297 };
/* MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE */
enum { OVER_WHAT_IS_THERE = 0x02 | 0x10 | 0x20 | 0x4000 };

/* What says that the code at a page's start is such a handler, of whatever release. */
#define MARK_LOW 0x64626d6165727473UL  /* "streambd" */
#define MARK_HIGH 0x3176737562676973UL /* "sigbusv1" */

/*
 * The start of the page: the handler itself, then what is found at fixed places. 16: the mark. 32: what a signal handler returns
 * to, in the very bytes by which debuggers know it.
 */
__asm__(
    ".section .text.entry, \"ax\"\n"
    "  endbr64\n"
    "  jmp handle_sigbus\n"
    "  .balign 16, 0xcc\n"
    "  .ascii \"streambdsigbusv1\"\n"
    "  movq $15, %rax\n"
    "  syscall\n"
    "  .balign 16, 0xcc\n"
    ".text\n");

/* The kernel's struct sigaction. */
struct action {
  word handler;
  word flags;
  word restorer;
  word mask;
};

/* A mapping. None where `end` is 0. */
struct range {
  word start;
  word end;
  word protection;
  word faults;
};

struct table {
  struct action before;
  struct action asked; /* Room for those who ask what is installed. */
  word capacity;
  word spare[7];
  struct range ranges[];
};

/* As much of siginfo_t as is looked at. */
struct info {
  int signal;
  int error;
  int code;
  int padding;
  word address;
};

typedef void handler(int signal, struct info *info, void *context);

static inline word call(word number, word a, word b, word c, word d, word e, word f) {
  word result;
  register word r10 __asm__("r10") = d;
  register word r8 __asm__("r8") = e;
  register word r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

static inline word load(const word *from) {
  return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}

static inline struct table *table_behind_this_page(void) {
  word here;
  __asm__("lea 0(%%rip), %0" : "=r"(here));
  return (struct table *)((here & -PAGE) + PAGE);
}

/* Whether zero pages are now where the address is. */
static inline int covered(struct table *table, word address) {
  for (word index = 0; index < table->capacity; index++) {
    struct range *range = &table->ranges[index];
    word end = load(&range->end);
    word start = load(&range->start);
    /* Between the two looks the entry may have become another one's. */
    if (address < start || address >= end || load(&range->end) != end) continue;
    word page = address & -PAGE;
    word placed = call(SYS_MMAP, page, end - page, range->protection, OVER_WHAT_IS_THERE, -1UL, 0);
    if (placed != page) return 0;
    __atomic_fetch_add(&range->faults, 1, __ATOMIC_SEQ_CST);
    return 1;
  }
  return 0;
}

static inline int is_guard(word address) {
  if (address < PAGE || address % PAGE != 0) return 0;
  const word *mark = (const word *)(address + 16);
  return mark[0] == MARK_LOW && mark[1] == MARK_HIGH;
}

__attribute__((used, section(".text.entry"))) static void handle_sigbus(int signal, struct info *info, void *context) {
  struct table *table = table_behind_this_page();
  /* 0 and below: no fault, somebody sent it. */
  int is_fault = info->code > 0;
  if (is_fault && covered(table, info->address)) return;

  /* Another one of this process, with a table of its own, stays in force behind this one. */
  word before = table->before.handler;
  if (is_guard(before)) {
    ((handler *)before)(signal, info, context);
    return;
  }
  /* A fault repeats under the old action; a signal that was sent has to be sent again. */
  call(SYS_RT_SIGACTION, (word)signal, (word)&table->before, 0, sizeof(word), 0, 0);
  if (is_fault) return;
  word process = call(SYS_GETPID, 0, 0, 0, 0, 0, 0);
  word thread = call(SYS_GETTID, 0, 0, 0, 0, 0, 0);
  call(SYS_RT_TGSIGQUEUEINFO, process, thread, (word)signal, (word)info, 0, 0);
}
