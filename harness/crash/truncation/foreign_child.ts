/**
 * A process that does to a segment what no other program should do. It waits where the kernel lets
 * it wait: for a lease.
 *
 * It is told `<method> <byte> <path>` and answers `done <how long that took, ms>`.
 *
 * @module
 */
import { readFileSync, renameSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { stdin } from "node:process";
import { createInterface } from "node:readline";
import { check, type Descriptor, type Libc, loadLibc } from "../../../ffi/mod.ts";
import type { Method } from "./cells.ts";

const OVERWRITTEN_BYTE_LENGTH = 64;

if (import.meta.main) await run();

async function run(): Promise<void> {
  const libc = await loadLibc();
  for await (const line of createInterface({ input: stdin })) {
    const [method, byte, ...path] = line.split(" ");
    const file = path.join(" ");
    if (method === "replace") writeFileSync(otherOf(file), inverted(readFileSync(file)));
    const start = performance.now();
    act(libc, method as Method, Number(byte), file);
    writeSync(1, `done ${performance.now() - start}\n`);
  }
}

function act(libc: Libc, method: Method, byte: number, path: string): void {
  const { O_RDONLY, O_RDWR, O_TRUNC } = libc.constants;
  switch (method) {
    case "shorten":
      return withFile(libc, path, O_RDWR, (file) => {
        check(libc.ftruncate(file, byte), "shorten", path);
      });
    case "hole":
      return withFile(libc, path, O_RDONLY | O_TRUNC, () => {});
    case "overwrite":
      return withFile(libc, path, O_RDWR, (file) => {
        const bytes = new Uint8Array(OVERWRITTEN_BYTE_LENGTH);
        check(libc.pread(file, bytes, byte), "read", path);
        check(libc.pwrite(file, inverted(bytes), byte), "overwrite", path);
      });
    case "replace":
      return renameSync(otherOf(path), path);
    case "unlink":
      return unlinkSync(path);
  }
}

/** Not in the store, where it would be noticed too early. */
function otherOf(path: string): string {
  return join(dirname(dirname(dirname(path))), "other");
}

function withFile(
  libc: Libc,
  path: string,
  flags: number,
  use: (file: Descriptor) => void,
): void {
  const file = check(libc.open(path, { flags }), "open", path);
  use(file);
  check(libc.close(file), "close", path);
}

function inverted(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes, (byte) => byte ^ 0xff);
}
