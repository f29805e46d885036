/**
 * The settings of the kernel that matter to a log.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { lengthText } from "../text.ts";
import { judge, type Verdict } from "./verdict.ts";

const KIB = 1024;
const GIB = 1024 ** 3;
const MIN_FREE_SHARE = 200;
const MAP_COUNT = 65_530;

interface Setting {
  readonly name: string;
  readonly unit: string;
  /** `memory` is the machine's, in bytes. */
  readonly isGood: (value: number, memory: number) => boolean;
  readonly why: string;
  readonly better: (memory: number) => number;
}

const SETTINGS: readonly Setting[] = [
  {
    name: "dirty_background_ratio",
    unit: "% of memory",
    isGood: (value) => value <= 10,
    why:
      "the kernel starts writing late, so that what is committed and not yet flushed grows, and " +
      "one sync has much to do",
    better: () => 5,
  },
  {
    name: "dirty_ratio",
    unit: "% of memory",
    isGood: (value) => value === 0 || (value >= 10 && value <= 40),
    why:
      "below 10 % appends are stopped early while the kernel writes; above 40 % they are stopped " +
      "for long",
    better: () => 20,
  },
  {
    name: "dirty_writeback_centisecs",
    unit: "hundredths of a second",
    isGood: (value) => value > 0 && value <= 500,
    why: "the kernel seldom writes what is dirty by itself; only the store's own flushes remain",
    better: () => 500,
  },
  {
    name: "min_free_kbytes",
    unit: "KiB",
    isGood: (value, memory) => value * KIB >= Math.min(memory / MIN_FREE_SHARE, GIB),
    why: "with little memory kept free an append waits for the kernel to find a page",
    better: (memory) => Math.round(Math.min(memory / MIN_FREE_SHARE, GIB) / KIB),
  },
  {
    name: "swappiness",
    unit: "",
    isGood: (value) => value <= 10,
    why: "the kernel may swap the process's own memory out to keep old segments cached",
    better: () => 1,
  },
  {
    name: "max_map_count",
    unit: "mappings",
    isGood: (value) => value >= MAP_COUNT,
    why: "every segment that is read takes a mapping, and a process at the limit dies",
    better: () => 262_144,
  },
];

/** One verdict for each setting that can be read. */
export function judgeKernel(): Verdict[] {
  const memory = memoryByteLength();
  return SETTINGS.map((setting) => {
    const { name, unit, isGood, why, better } = setting;
    const value = readNumber(`/proc/sys/vm/${name}`);
    const full = `vm.${name}`;
    if (value === undefined) return { name: full, value: "not readable", state: "fact" };
    const change = `sysctl -w ${full}=${better(memory)}`;
    return judge(isGood(value, memory), {
      name: full,
      value: `${value} ${unit}`.trim(),
      why,
      change,
    });
  });
}

/** The kernel's release and the machine's memory. */
export function kernelFacts(): Verdict[] {
  const memory = memoryByteLength();
  const release = readText("/proc/sys/kernel/osrelease")?.trim() ?? "not readable";
  return [
    judge(isAtLeast(release, 6, 8), {
      name: "kernel",
      value: release,
      why: "before Linux 6.8 mounts have no unique id, so that every crash counts as a power cut",
    }),
    { name: "memory", value: memory === 0 ? "not readable" : lengthText(memory), state: "fact" },
  ];
}

function isAtLeast(release: string, major: number, minor: number): boolean {
  const found = /^(\d+)\.(\d+)/.exec(release);
  if (found === null) return true;
  const [, first, second] = found.map(Number);
  return first > major || (first === major && second >= minor);
}

/** 0 where it cannot be read. */
function memoryByteLength(): number {
  const found = /^MemTotal:\s+(\d+) kB/m.exec(readText("/proc/meminfo") ?? "");
  return found === null ? 0 : Number(found[1]) * KIB;
}

function readNumber(path: string): number | undefined {
  const text = readText(path)?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The text of a kernel's file; `undefined` if it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // A container or the runtime's permissions may hide it; then there is nothing to judge.
    return undefined;
  }
}
