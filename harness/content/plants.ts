/**
 * Bugs to plant in a copy of the source: each is a check of the content that somebody forgot.
 *
 * @module
 */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What is changed, where. */
export interface Plant {
  /** The file. */
  readonly path: string;
  /** Text that stands there once. */
  readonly from: string;
  /** Text in its place. */
  readonly to: string;
}

/** The bugs by name. */
export const PLANTS: Readonly<Record<string, Plant>> = {
  "record-crc-unchecked": {
    path: "storage/layout/record_crc.ts",
    from: 'return value === crc31(viewBytes(view, from, at)) ? "right" : "wrong";',
    to: 'return "right";',
  },
  "record-crc-optional": {
    path: "storage/life/own_records.ts",
    from: "position < this.#doubtfulFrom && isInRanges",
    to: "position < 0 && isInRanges",
  },
  "meta-crc-unchecked": {
    path: "storage/layout/meta_codec.ts",
    from: "return view.getUint32(byteLength) === crc32(bytes.subarray(0, byteLength));",
    to: "return true;",
  },
  "claim-crc-unchecked": {
    path: "storage/layout/claim_file.ts",
    from: "return viewOf(bytes).getUint32(end) === crc32(bytes.subarray(at, end)) &&",
    to: "return",
  },
  "mark-ignored": {
    path: "storage/log/judge_tail.ts",
    from: "if (position < mark) return",
    to: "if (position < 0) return",
  },
  "last-entry-lost": {
    path: "storage/derived/derived.ts",
    from: "return queue.next < next || (",
    to: "return (",
  },
};

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COPIED = [
  "deno.json",
  "deno.lock",
  "errors.ts",
  "ffi",
  "storage",
  "harness/content",
  "harness/support",
  "scripts",
];

/**
 * Copies the project, as far as a flip needs it, with a bug in it.
 *
 * @param name The bug.
 * @param target An empty directory.
 */
export function plantBug(name: string, target: string): void {
  const plant = PLANTS[name];
  if (plant === undefined) {
    throw new TypeError(
      `Cannot plant ${JSON.stringify(name)}: give one of ${Object.keys(PLANTS).join(", ")}`,
    );
  }
  for (const part of COPIED) {
    cpSync(join(ROOT, part), join(target, part), { recursive: true });
  }
  const file = join(target, plant.path);
  const parts = readFileSync(file, "utf8").split(plant.from);
  if (parts.length !== 2) {
    throw new TypeError(
      `Cannot plant ${name}: ${plant.path} has its text ${
        parts.length - 1
      } times, correct the plant`,
    );
  }
  writeFileSync(file, parts.join(plant.to));
}
