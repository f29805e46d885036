/**
 * Waits in `pollAsync()`, sends a signal with a handler to the very thread that waits, and says how
 * the wait ended.
 *
 * @module
 */
import { check, loadLibc } from "../../ffi/mod.ts";

const [library = "", path = ""] = Deno.args;
const libc = await loadLibc();
const { symbols } = Deno.dlopen(library, {
  tgkill: { parameters: ["i32", "i32", "i32"], result: "i32" },
});
const handled = Promise.withResolvers<void>();
Deno.addSignalListener("SIGURG", () => handled.resolve());

const { O_RDWR, O_CREAT, IN_MODIFY, SIGURG } = libc.constants;
const file = check(libc.open(path, { flags: O_RDWR | O_CREAT }), "open", path);
const inotify = check(libc.inotifyInit(), "inotify");
check(libc.inotifyAdd(inotify, file, IN_MODIFY), "watch");

const waiting = libc.pollAsync(inotify, Infinity);
symbols.tgkill(Deno.pid, await waitingThread(), SIGURG);
// The thread that waits holds the signal back, so that another one has to show that there is a
// handler.
Deno.kill(Deno.pid, "SIGURG");
await handled.promise;
libc.pwrite(file, Uint8Array.of(1), 0);
console.log(await waiting);
Deno.exit();

/** Looks until a thread of this process is in the system call `ppoll`. */
async function waitingThread(): Promise<number> {
  const number = Deno.build.arch === "x86_64" ? "271" : "73";
  for (;;) {
    for (const { name } of Deno.readDirSync("/proc/self/task")) {
      const call = await Deno.readTextFile(`/proc/self/task/${name}/syscall`);
      if (call.startsWith(`${number} `)) return Number(name);
    }
  }
}
