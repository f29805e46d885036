/**
 * Watches the calls of a store and says which of its files found the disk full.
 *
 * @module
 */
import { type Descriptor, Errno, failed, type Libc, type Outcome } from "../../../ffi/mod.ts";
import { overrideLibc } from "../../support/libc_overrides.ts";

/** What a store may want to grow. */
export const GROWTH_STEPS = [
  "segment",
  "queue file",
  "index file",
  "lock",
  "folder",
  "meta",
  "positions",
  "abort",
  "store checkpoint",
  "topics.json",
  "consumerOffset.json",
  "tables",
  "backup",
] as const;

/** One of {@linkcode GROWTH_STEPS}, or the path of something else. */
export type GrowthStep = typeof GROWTH_STEPS[number] | `other: ${string}`;

const STEPS_BY_PATH: readonly (readonly [RegExp, GrowthStep])[] = [
  [/^streambed\/next-/, "segment"],
  [/^consumequeue\/.*\/\d{20}$/, "queue file"],
  [/^index\/\d+$/, "index file"],
  [/^streambed\/meta$/, "meta"],
  [/^streambed\/positions$/, "positions"],
  [/^lock$/, "lock"],
  [/^abort$/, "abort"],
  [/^checkpoint$/, "store checkpoint"],
  [/backup/, "backup"],
];

/**
 * Faults planted under a store, to see that the sweep catches them: segments without their blocks,
 * the space of a segment that did not fit kept, a full disk taken for a broken one.
 */
export const DISK_FAULTS = ["sparse-segments", "kept-space", "wrong-errno"] as const;

/** One of {@linkcode DISK_FAULTS}. */
export type DiskFault = typeof DISK_FAULTS[number];

/**
 * Puts a watcher before a libc.
 *
 * @param libc The real one.
 * @param onFull Told of each call that found no space.
 * @param fault What goes wrong besides; nothing when left out.
 * @returns The libc to hand to a store.
 */
export function observeSpace(
  libc: Libc,
  onFull: (step: GrowthStep) => void,
  fault?: DiskFault,
): Libc {
  const paths = new Map<Descriptor, string>();
  const see = <T>(outcome: Outcome<T>, step: () => GrowthStep): Outcome<T> => {
    if (failed(outcome) && isFull(outcome)) onFull(step());
    return outcome;
  };
  const at = (descriptor: Descriptor) => stepOf(paths.get(descriptor) ?? "unknown");
  const opened = (outcome: Outcome<Descriptor>, path: string) => {
    if (!failed(outcome)) paths.set(outcome, path);
    return see(outcome, () => stepOf(path));
  };
  return overrideLibc(libc, {
    open: (path, how) => opened(libc.open(path, how), path),
    openat2: (directory, path, how) => opened(libc.openat2(directory, path, how), path),
    mkdirat: (directory, path, mode) => see(libc.mkdirat(directory, path, mode), () => "folder"),
    fallocate(descriptor, mode, offset, byteLength) {
      return see(libc.fallocate(descriptor, mode, offset, byteLength), () => at(descriptor));
    },
    pwrite(descriptor, source, position) {
      const path = paths.get(descriptor) ?? "";
      return see(libc.pwrite(descriptor, source, position), () => {
        return path.includes("temporary-") ? stepOfContent(source) : at(descriptor);
      });
    },
    sendfile(target, source, position, byteLength) {
      return see(libc.sendfile(target, source, position, byteLength), () => at(target));
    },
    ...planted(libc, fault),
  });
}

function planted(libc: Libc, fault: DiskFault | undefined): Partial<Libc> {
  switch (fault) {
    case undefined:
      return {};
    case "sparse-segments": {
      const grow = (file: Descriptor, offset: number, byteLength: number) =>
        libc.ftruncate(file, offset + byteLength);
      return {
        fallocate: (file, _mode, offset, byteLength) => grow(file, offset, byteLength),
        fallocateAsync: (file, _mode, offset, byteLength) =>
          Promise.resolve(grow(file, offset, byteLength)),
      };
    }
    case "kept-space":
      return {
        unlinkat: (directory, path) => {
          return path.startsWith("next-") ? 0 : libc.unlinkat(directory, path);
        },
      };
    case "wrong-errno":
      return {
        fallocate(file, mode, offset, byteLength) {
          const outcome = libc.fallocate(file, mode, offset, byteLength);
          return failed(outcome) ? new Errno("EIO", 5, "fallocate") : outcome;
        },
      };
  }
}

function stepOf(path: string): GrowthStep {
  return STEPS_BY_PATH.find(([pattern]) => pattern.test(path))?.[1] ?? `other: ${path}`;
}

/** Small files are replaced through temporary ones, whose names say nothing. */
function stepOfContent(source: Uint8Array): GrowthStep {
  const text = new TextDecoder("latin1").decode(source.subarray(0, 4096));
  if (text.includes("topicConfigTable")) return "topics.json";
  return text.includes("offsetTable") ? "consumerOffset.json" : "tables";
}

function isFull({ code }: Errno): boolean {
  return code === "ENOSPC" || code === "EDQUOT";
}
