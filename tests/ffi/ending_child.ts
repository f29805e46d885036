/**
 * Begins calls on other threads, says so, and leaves the process to end by itself.
 *
 * @module
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, loadLibc } from "../../ffi/mod.ts";

const libc = await loadLibc();
const directory = mkdtempSync(join(tmpdir(), "streambed-"));
const { O_RDWR, O_CREAT } = libc.constants;
const file = check(libc.open(join(directory, "file"), { flags: O_RDWR | O_CREAT }), "open");
rmSync(directory, { recursive: true });

const inotify = check(libc.inotifyInit(), "inotify");
void writeAndWait();
console.log("main is over");

async function writeAndWait(): Promise<void> {
  console.log("pwrite", await libc.pwriteAsync(file, Uint8Array.of(1, 2, 3), 0));
  console.log("ppoll", await libc.pollAsync(inotify, 20));
}
