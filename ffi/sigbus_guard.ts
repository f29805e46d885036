/**
 * The SIGBUS guard of this process: its machine code, put into memory and in force, and the table
 * of the mappings that it watches.
 *
 * `guard/guard.c` says what the handler does; offsets here are those of its structures. Its code
 * lies at the start of a page that is made executable once it is written and is never writable
 * again; the table follows in the next pages. libc's `memcpy` reads and writes all of it, so it
 * needs no views over memory.
 *
 * A Worker has a libc, and so a guard, of its own. The later one is asked first, and passes what it
 * does not know on to the one before, known by the mark in its page. Neither is ever removed: other
 * handlers may stand in front of it.
 *
 * @module
 */
import { type CallContext, makeErrno } from "./call_context.ts";
import { cStruct, readU64, writeI64 } from "./c_struct.ts";
import { failed, type Outcome } from "./errno.ts";
import { GUARD_CODE, GUARD_MARK_AT, GUARD_RESTORER_AT } from "./guard/mod.ts";
import {
  MAP_ANONYMOUS,
  MAP_FAILED,
  MAP_PRIVATE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  SA_NODEFER,
  SA_ONSTACK,
  SA_RESTORER,
  SA_SIGINFO,
  SIGBUS,
} from "./linux_abi.ts";
import type { MappingGuard } from "./libc.ts";
import type { Mapping } from "./mapping.ts";
import { ProcessMemory } from "./process_memory.ts";

/** `struct sigaction` of the kernel, which is not libc's. */
const ACTION = cStruct({ handler: "u64", flags: "u64", restorer: "u64", mask: "u64" });
const MASK_BYTE_LENGTH = 8;

const RANGE = cStruct({ start: "u64", end: "u64", protection: "u64", faults: "u64" });
const TABLE = cStruct({
  before: ACTION.byteLength,
  asked: ACTION.byteLength,
  capacity: "u64",
  spare: 56,
});

/** Pages of x86-64, the only processor with a guard. */
const PAGE_BYTE_LENGTH = 4096;
const TABLE_BYTE_LENGTH = 16 * PAGE_BYTE_LENGTH;
const CAPACITY = Math.floor((TABLE_BYTE_LENGTH - TABLE.byteLength) / RANGE.byteLength);
const MARK_BYTE_LENGTH = 16;

// One word on its way in or out; no call gives control away meanwhile.
const word = new Uint8Array(8);
const wordView = new DataView(word.buffer);

/** The guard of one libc. */
export class SigbusGuard implements MappingGuard {
  readonly #context: CallContext;
  readonly #slots = new WeakMap<Mapping, number>();
  readonly #freeSlots: number[] = [];
  #usedSlotCount = 0;
  /** Address of the code; `undefined` until it is in force. */
  #page: number | undefined;

  constructor(context: CallContext) {
    this.#context = context;
  }

  /** Puts the guard in force, unless it is; `guardedLibc()` says why it cannot be. */
  install(): Outcome {
    if (this.#page !== undefined) return 0;
    const { architecture, calls } = this.#context;
    if (architecture !== "x86-64") return makeErrno("ENOSYS", "sigbus guard");
    const byteLength = PAGE_BYTE_LENGTH + TABLE_BYTE_LENGTH;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS;
    const address = calls.mmap(0n, byteLength, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (address === MAP_FAILED) return this.#context.failure("mmap");
    const page = Number(address);
    calls.storeBytes(page, GUARD_CODE, GUARD_CODE.length);
    this.#store(tableOf(page) + TABLE.at.capacity, CAPACITY);
    const outcome = this.#enforce(address);
    if (failed(outcome)) calls.munmap(address, byteLength);
    else this.#page = page;
    return outcome;
  }

  stands(): boolean {
    if (this.#page === undefined) return false;
    const asked = tableOf(this.#page) + TABLE.at.asked;
    if (failed(this.#sigaction(null, asked))) return false;
    let handler = this.#load(asked);
    while (handler !== this.#page && this.#isGuard(handler)) handler = this.#load(tableOf(handler));
    return handler === this.#page;
  }

  /** Watches a mapping; the guard is in force. */
  watch(mapping: Mapping): Outcome {
    const slot = this.#freeSlots.pop() ?? this.#usedSlotCount++;
    if (slot >= CAPACITY) {
      this.#usedSlotCount = CAPACITY;
      return makeErrno("ENOMEM", "sigbus guard");
    }
    const start = Number(ProcessMemory.addressOf(mapping));
    const pages = Math.ceil(mapping.byteLength / PAGE_BYTE_LENGTH);
    const range = new DataView(new ArrayBuffer(RANGE.byteLength));
    writeI64(range, RANGE.at.start, start);
    writeI64(range, RANGE.at.protection, PROT_READ | (mapping.writable ? PROT_WRITE : 0));
    const at = this.#rangeAt(slot);
    // Nothing is watched while the end is 0; a part of its bytes would only shorten the range.
    this.#context.calls.storeBytes(at, new Uint8Array(range.buffer), RANGE.byteLength);
    this.#store(at + RANGE.at.end, start + pages * PAGE_BYTE_LENGTH);
    this.#slots.set(mapping, slot);
    return 0;
  }

  /** Stops watching a mapping, which must still be mapped. */
  forget(mapping: Mapping): void {
    const slot = this.#slots.get(mapping);
    if (slot === undefined) return;
    // The start stays: an end that was read a moment ago must not meet a start of 0.
    this.#store(this.#rangeAt(slot) + RANGE.at.end, 0);
    this.#slots.delete(mapping);
    this.#freeSlots.push(slot);
  }

  faultCount(mapping: Mapping): number {
    const slot = this.#slots.get(mapping);
    return slot === undefined ? 0 : this.#load(this.#rangeAt(slot) + RANGE.at.faults);
  }

  #enforce(address: bigint): Outcome {
    const { calls } = this.#context;
    const execute = PROT_READ | PROT_EXEC;
    const isolated = this.#context.retried(
      "mprotect",
      () => calls.mprotect(address, PAGE_BYTE_LENGTH, execute),
    );
    if (failed(isolated)) return isolated;
    const page = Number(address);
    const before = tableOf(page) + TABLE.at.before;
    // The kernel tells the handler before only after the guard is in force, so ask for it first.
    const asked = this.#sigaction(null, before);
    return failed(asked) ? asked : this.#sigaction(actionOf(page), before);
  }

  #sigaction(action: Uint8Array | null, into: number): Outcome {
    const { calls, numbers } = this.#context;
    return this.#context.retried("rt_sigaction", () =>
      calls.rt_sigaction(
        numbers.rt_sigaction,
        SIGBUS,
        action,
        BigInt(into),
        MASK_BYTE_LENGTH,
      ));
  }

  /**
   * Whether the handler at an address is a guard (of any libc): by the mark in its page.
   */
  #isGuard(handler: number): boolean {
    if (handler < PAGE_BYTE_LENGTH || handler % PAGE_BYTE_LENGTH !== 0) return false;
    const mark = new Uint8Array(MARK_BYTE_LENGTH);
    this.#context.calls.loadBytes(mark, handler + GUARD_MARK_AT, mark.length);
    return mark.every((byte, index) => byte === GUARD_CODE[GUARD_MARK_AT + index]);
  }

  #rangeAt(slot: number): number {
    return tableOf(this.#page!) + TABLE.byteLength + slot * RANGE.byteLength;
  }

  #load(address: number): number {
    this.#context.calls.loadBytes(word, address, word.length);
    return readU64(wordView, 0);
  }

  #store(address: number, value: number): void {
    writeI64(wordView, 0, value);
    this.#context.calls.storeBytes(address, word, word.length);
  }
}

/**
 * Address of the table of the guard whose code is at `page`; its first word is the handler before.
 */
function tableOf(page: number): number {
  return page + PAGE_BYTE_LENGTH;
}

function actionOf(page: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(ACTION.byteLength));
  writeI64(view, ACTION.at.handler, page);
  writeI64(view, ACTION.at.flags, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER);
  writeI64(view, ACTION.at.restorer, page + GUARD_RESTORER_AT);
  return new Uint8Array(view.buffer);
}
