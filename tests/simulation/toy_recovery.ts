/**
 * Recovery of the toy log: what is there, where it ends, and that none of it can vanish or change again.
 *
 * @module
 */
import { check, type Libc } from "../../ffi/mod.ts";
import type { Environment } from "../../storage/environment.ts";
import type { ToyBug, ToyOptions } from "./toy_log.ts";
import { decodeToyRecord } from "./toy_record.ts";
import {
  mapToySegment,
  TOY_SEGMENT_BYTE_LENGTH,
  type ToySegment,
  toySegmentName,
} from "./toy_segment.ts";

/** What recovery found. */
export interface ToyRecovery {
  /** The bodies, in order. */
  readonly bodies: readonly Uint8Array[];
  /** Position after the last record. */
  readonly end: number;
  /** The segment to go on with; none if the last one is full. */
  readonly segment: ToySegment | undefined;
}

interface Scan {
  /** Offset in the segment after its last record; its length if it is full. */
  readonly end: number;
  readonly bodies: readonly Uint8Array[];
}

/** Recovers the log of an open directory. Everything it returns is durable. */
export function recoverToyLog(
  environment: Environment,
  directory: number,
  options: ToyOptions,
): ToyRecovery {
  const recovery = new Recovery(environment.libc, directory, options.bug);
  return recovery.run();
}

class Recovery {
  readonly #libc: Libc;
  readonly #directory: number;
  readonly #bug: ToyBug | undefined;

  constructor(libc: Libc, directory: number, bug: ToyBug | undefined) {
    this.#libc = libc;
    this.#directory = directory;
    this.#bug = bug;
  }

  run(): ToyRecovery {
    const bodies: Uint8Array[] = [];
    let segment: ToySegment | undefined;
    let end = 0;
    let ended = false;
    for (const name of this.#names()) {
      const opened = ended || name !== toySegmentName(end) ? undefined : this.#open(name, end);
      if (opened === undefined) {
        ended = true;
        check(this.#libc.unlinkat(this.#directory, name), "remove segment", name);
        continue;
      }
      segment = opened;
      const scan = this.#scan(opened);
      bodies.push(...scan.bodies);
      this.#settle(opened, scan.end);
      ended = scan.end < TOY_SEGMENT_BYTE_LENGTH;
      end = opened.position + scan.end;
    }
    check(this.#libc.fsync(this.#directory), "flush directory");
    return { bodies, end, segment: ended ? segment : undefined };
  }

  #names(): string[] {
    const entries = check(this.#libc.readDirectory(this.#directory), "list directory");
    const names = entries.map((entry) => entry.name).toSorted();
    for (const name of names.filter((other) => other.endsWith(".tmp"))) {
      check(this.#libc.unlinkat(this.#directory, name), "remove temporary", name);
    }
    return names.filter((name) => /^[0-9]{20}$/.test(name));
  }

  /** Opens a segment; `undefined` if it was never finished. */
  #open(name: string, position: number): ToySegment | undefined {
    const how = { flags: this.#libc.constants.O_RDWR };
    const descriptor = check(this.#libc.openat2(this.#directory, name, how), "open segment", name);
    const { byteLength } = check(this.#libc.fstat(descriptor), "inspect segment", name);
    if (byteLength === TOY_SEGMENT_BYTE_LENGTH) {
      return mapToySegment(this.#libc, descriptor, position);
    }
    check(this.#libc.close(descriptor), "close segment", name);
    return undefined;
  }

  #scan({ mapping, position }: ToySegment): Scan {
    const bytes = new Uint8Array(TOY_SEGMENT_BYTE_LENGTH);
    mapping.copyOut(0, bytes.length, bytes);
    const bodies: Uint8Array[] = [];
    const checked = this.#bug !== "no-checksum";
    for (let at = 0;;) {
      const record = decodeToyRecord(bytes.subarray(at), position + at, checked);
      if (record.kind === "end") return { end: at, bodies };
      if (record.kind === "blank") return { end: TOY_SEGMENT_BYTE_LENGTH, bodies };
      bodies.push(record.body);
      at += record.byteLength;
    }
  }

  /** Makes durable what is there, and sure that nothing behind it ever looks like a record. */
  #settle({ descriptor, mapping }: ToySegment, end: number): void {
    const { FALLOC_FL_ZERO_RANGE } = this.#libc.constants;
    const rest = TOY_SEGMENT_BYTE_LENGTH - end;
    if (rest > 0 && this.#bug !== "no-zero-tail") {
      check(this.#libc.fallocate(descriptor, FALLOC_FL_ZERO_RANGE, end, rest), "clear tail");
    }
    if (this.#bug !== "trust-cache") {
      // After a failed sync the pages are clean and the disk is old: a sync would do nothing.
      const bytes = new Uint8Array(end);
      mapping.copyOut(0, end, bytes);
      mapping.copyIn(0, bytes);
    }
    check(this.#libc.fdatasync(descriptor), "flush segment");
  }
}
