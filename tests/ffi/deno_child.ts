/**
 * Does one thing with libc under the grants that its parent gave.
 *
 * @module
 */
import { check, failed, type Libc, loadLibc } from "../../ffi/mod.ts";
import { byteAt } from "../../harness/support/mapped_byte.ts";

const [action = "", path = ""] = Deno.args;

const ACTIONS: Readonly<Record<string, () => Promise<void>>> = {
  import: () => Promise.resolve(console.log("imported")),
  read: async () => show(await loadLibc()),
  denied: async () => {
    const libc = await loadLibc();
    for (const access of ["read", "write"] as const) {
      console.log(libc.denied(access, path)?.remedy ?? "granted");
    }
  },
  use: async () => use(await loadLibc()),
  chdir: async () => {
    Deno.chdir(path);
    await loadLibc();
    console.log("loaded");
  },
  load: async () => {
    const { loadDenoLibc } = await import("../../ffi/deno.ts");
    try {
      loadDenoLibc(path);
      console.log("loaded");
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      console.log(`${error.name}: ${error.message.split(": ")[1]}`);
    }
  },
};
await ACTIONS[action]?.();

/** Reads a file. */
function show(libc: Libc): void {
  const file = check(libc.open(path, { flags: libc.constants.O_RDONLY }), "open", path);
  console.log(libc.pread(file, new Uint8Array(10), 0));
}

/** Writes, reads, fails and maps. */
function use(libc: Libc): void {
  const { O_RDWR, O_CREAT } = libc.constants;
  const file = check(libc.open(path, { flags: O_RDWR | O_CREAT }), "open", path);
  console.log("pwrite", libc.pwrite(file, Uint8Array.of(1, 2, 3), 0));
  console.log("pread", libc.pread(file, new Uint8Array(10), 0));
  const failure = libc.pread(-1, new Uint8Array(1), 0);
  console.log(failed(failure) ? failure.code : failure);
  check(libc.fallocate(file, 0, 0, 4096), "fallocate");
  const mapping = check(libc.mmap(file, 4096, { write: true }), "mmap");
  console.log("mmap", byteAt(mapping, 2), mapping.constructor.name);
}
