/**
 * Simulated stores with messages that wait for an exact time.
 *
 * @module
 */
import { check } from "../../../ffi/mod.ts";
import type { SimKernel } from "../../../harness/simulation/machine/sim_kernel.ts";
import { boot, DIRECTORY } from "../../../harness/simulation/machine/sim_machine.ts";
import type { SimLife } from "../../../harness/simulation/history/sim_store.ts";
import type { Message } from "../../../mod.ts";

/** Where messages wait. */
export const TIMERS = "rmq_sys_wheel_timer";
export const CHECK = "config/timercheck";

/** The wall clock of a machine. */
export function clockOf(kernel: SimKernel): number {
  return kernel.scheduler.clock.wallMs;
}

/** Appends messages to topic `t`, each so many ms from now, and waits for the disk. */
export async function sendIn(
  life: SimLife,
  kernel: SimKernel,
  ...messages: readonly (Partial<Message> & { readonly inMs: number })[]
): Promise<void> {
  const now = clockOf(kernel);
  const all = messages.map(({ inMs, ...message }) => {
    return { topic: "t", body: "", deliverAt: now + inMs, ...message };
  });
  await life.settle(life.store.appendAll(all, { durability: "flushed" }));
}

/** The longs of the broker's file; `undefined` if there is none. */
export function timerCheck(kernel: SimKernel): number[] | undefined {
  const path = `${DIRECTORY}/${CHECK}`;
  if (kernel.lookUp(path) === undefined) return undefined;
  const bytes = kernel.file(path).pages.get(0)?.current ?? new Uint8Array(4096);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [0, 8, 16, 24].map((at) => Number(view.getBigInt64(at)));
}

/** What a broker's file holds that was there until `time`, and has read up to `end`. */
export function checkBytes(time: number, end: number): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt(Math.floor(time / 1000) * 1000));
  for (const at of [16, 24]) view.setBigInt64(at, BigInt(end));
  return bytes;
}

/** Puts a file below the root of the store. */
export function putFile(kernel: SimKernel, path: string, bytes: Uint8Array): void {
  const { libc, process, directory } = boot(kernel);
  const folder = path.split("/").slice(0, -1).join("/");
  if (folder !== "") libc.mkdirat(directory, folder, 0o700);
  const { O_RDWR, O_CREAT, O_TRUNC } = libc.constants;
  const how = { flags: O_RDWR | O_CREAT | O_TRUNC, mode: 0o600 };
  const file = check(libc.openat2(directory, path, how), "open");
  if (bytes.length > 0) check(libc.pwrite(file, bytes, 0), "write");
  check(libc.fsync(file), "sync");
  check(libc.fsync(directory), "sync");
  if (folder !== "") {
    const { O_RDONLY, O_DIRECTORY } = libc.constants;
    const opened = libc.openat2(directory, folder, { flags: O_RDONLY | O_DIRECTORY, mode: 0 });
    check(libc.fsync(check(opened, "open")), "sync");
  }
  kernel.exit(process);
}
