/**
 * Memory that a virtual machine has never touched is slow at its first touch, and whoever comes
 * first would pay: so as much as a run takes is touched before.
 *
 * @module
 */
import { readFileSync } from "node:fs";

const KIBIBYTE = 1024;
const GIBIBYTE = 1024 ** 3;
/** What is left to others. */
const KEPT_BYTE_LENGTH = 2 * GIBIBYTE;

/** In a process of its own, since its end is what gives the memory back. */
const PROGRAM = `
  const all = [];
  for (let left = Number(Deno.args[0]); left > 0; left -= 2 ** 28) {
    all.push(new Uint8Array(Math.min(left, 2 ** 28)).fill(1));
  }
`;

/** What was touched. */
export interface TouchedMemory {
  /** How much. */
  readonly byteLength: number;
  /** How long it took. */
  readonly seconds: number;
}

/**
 * Touches free memory.
 *
 * @param most How much at most; less where less is free.
 * @returns How much it was.
 */
export async function touchMemory(most: number): Promise<TouchedMemory> {
  const free = Number(/^MemFree:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]);
  const byteLength = Math.max(0, Math.min(most, free * KIBIBYTE - KEPT_BYTE_LENGTH));
  const start = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--ext=ts", "-", String(byteLength)],
    stdin: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(PROGRAM));
  await writer.close();
  const { success } = await child.status;
  if (!success) throw new Error("Cannot touch memory: the child failed, see above");
  return { byteLength, seconds: (performance.now() - start) / 1000 };
}
