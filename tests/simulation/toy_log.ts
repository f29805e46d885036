/**
 * A small append-only log with the store's own shape, and bugs that can be planted: it shows what the
 * simulator finds before there is a store to try it on.
 *
 * @module
 */
import { check, failed } from "../../ffi/mod.ts";
import type { Environment } from "../../storage/environment.ts";
import { encodeToyBlank, encodeToyRecord, TOY_BLANK_BYTE_LENGTH } from "./toy_record.ts";
import { recoverToyLog, type ToyRecovery } from "./toy_recovery.ts";
import {
  mapToySegment,
  TOY_SEGMENT_BYTE_LENGTH,
  type ToySegment,
  toySegmentName,
} from "./toy_segment.ts";

/** A bug that can be planted. */
export type ToyBug =
  | "no-sync"
  | "no-directory-sync"
  | "no-checksum"
  | "early-acknowledgement"
  | "no-zero-tail"
  | "retry-failed-sync"
  | "trust-cache"
  | "blank-unsynced"
  | "sparse-segment"
  | "reused-buffer";

/** How a toy log works. */
export interface ToyOptions {
  /** Absolute path of its directory, which exists. */
  readonly root: string;
  /** Whether records go through a mapping or through positioned writes. */
  readonly writePath: "mapped" | "staged";
  /** What an acknowledgement promises. */
  readonly durability: "committed" | "flushed";
  /** What is wrong with it. */
  readonly bug?: ToyBug;
}

interface Waiter {
  readonly end: number;
  readonly settled: PromiseWithResolvers<void>;
}

interface QueuedBody extends PromiseWithResolvers<void> {
  readonly body: Uint8Array;
}

/** The log. */
export class ToyLog {
  /** The bodies that were there when it was opened. */
  readonly recovered: readonly Uint8Array[];
  readonly #environment: Environment;
  readonly #options: ToyOptions;
  readonly #directory: number;
  #segment: ToySegment | undefined;
  #wrote: number;
  #flushed: number;
  #queue: QueuedBody[] = [];
  #waiters: Waiter[] = [];
  #staging: Uint8Array[] = [];
  readonly #buffer: Uint8Array = new Uint8Array(TOY_SEGMENT_BYTE_LENGTH);
  #pumping = false;
  #dead: Error | undefined;

  /** Opens the log: recovers it, and creates the first segment if there is none. */
  static async open(environment: Environment, options: ToyOptions): Promise<ToyLog> {
    const { libc } = environment;
    const { O_RDONLY, O_DIRECTORY } = libc.constants;
    const flags = O_RDONLY | O_DIRECTORY;
    const directory = check(libc.open(options.root, { flags }), "open directory", options.root);
    const recovery = recoverToyLog(environment, directory, options);
    const log = new ToyLog(environment, options, directory, recovery);
    if (recovery.segment === undefined) await log.#createSegment();
    return log;
  }

  /** Takes over what recovery found; use {@linkcode ToyLog.open}. */
  constructor(
    environment: Environment,
    options: ToyOptions,
    directory: number,
    recovery: ToyRecovery,
  ) {
    this.#environment = environment;
    this.#options = options;
    this.#directory = directory;
    this.#segment = recovery.segment;
    this.#wrote = recovery.end;
    this.#flushed = recovery.end;
    this.recovered = recovery.bodies;
  }

  /** Appends a body; settles when it has the durability that was asked for. */
  append(body: Uint8Array): Promise<void> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    const queued = { body, ...Promise.withResolvers<void>() };
    this.#queue.push(queued);
    this.#admit();
    this.#environment.timers.defer(() => void this.#pump());
    return queued.promise;
  }

  /** Stores queued bodies as long as they fit into the segment. */
  #admit(): void {
    for (let queued = this.#queue[0]; queued !== undefined; queued = this.#queue[0]) {
      const record = encodeToyRecord(this.#wrote, queued.body);
      const room = this.#segmentEnd() - this.#wrote;
      if (this.#segment === undefined || record.length + TOY_BLANK_BYTE_LENGTH > room) return;
      this.#queue.shift();
      this.#put(record);
      this.#waiters.push({ end: this.#wrote, settled: queued });
      if (this.#options.bug === "early-acknowledgement") queued.resolve();
    }
  }

  #put(record: Uint8Array): void {
    if (this.#options.writePath === "mapped") {
      this.#segment?.mapping.copyIn(this.#wrote - this.#segment.position, record);
    } else if (this.#options.bug === "reused-buffer") {
      this.#buffer.set(record, 0);
      this.#staging.push(this.#buffer.subarray(0, record.length));
    } else this.#staging.push(record);
    this.#wrote += record.length;
  }

  /** Makes what was admitted as durable as asked, rolls when the next does not fit, and goes on. */
  async #pump(): Promise<void> {
    if (this.#pumping || this.#dead !== undefined) return;
    this.#pumping = true;
    try {
      while (this.#waiters.length > 0 || this.#queue.length > 0) {
        await this.#commit();
        if (this.#options.durability === "flushed") await this.#flush();
        this.#acknowledge(this.#options.durability === "flushed" ? this.#flushed : this.#wrote);
        if (this.#queue.length > 0) await this.#roll();
        this.#admit();
      }
    } catch (error) {
      this.#die(error instanceof Error ? error : new Error(String(error)));
    }
    this.#pumping = false;
  }

  #die(error: Error): void {
    this.#dead = error;
    for (const { settled } of this.#waiters) settled.reject(error);
    for (const queued of this.#queue) queued.reject(error);
  }

  #acknowledge(upTo: number): void {
    const done = this.#waiters.filter((waiter) => waiter.end <= upTo);
    this.#waiters = this.#waiters.filter((waiter) => waiter.end > upTo);
    for (const { settled } of done) settled.resolve();
  }

  async #commit(): Promise<void> {
    const segment = this.#current();
    const staged = this.#staging;
    let position = this.#wrote - this.#stagedByteLength() - segment.position;
    this.#staging = [];
    for (const bytes of staged) {
      for (let at = 0; at < bytes.length;) {
        const rest = bytes.subarray(at);
        const outcome = await this.#environment.libc.pwriteAsync(
          segment.descriptor,
          rest,
          position,
        );
        const count = check(outcome, "write record");
        at += count;
        position += count;
      }
    }
  }

  async #flush(): Promise<void> {
    const { libc } = this.#environment;
    const { descriptor, mapping, position } = this.#current();
    const from = this.#flushed;
    const to = this.#wrote - this.#stagedByteLength();
    if (this.#options.bug !== "no-sync" && from < to) {
      const sync = () =>
        this.#options.writePath === "mapped"
          ? libc.msyncAsync(mapping, from - position, to - from)
          : libc.fdatasyncAsync(descriptor);
      let outcome = await sync();
      if (failed(outcome) && this.#options.bug === "retry-failed-sync") outcome = await sync();
      check(outcome, "flush segment");
    }
    this.#flushed = to;
  }

  async #roll(): Promise<void> {
    const { libc } = this.#environment;
    // What was admitted while the last flush ran still belongs to the old segment.
    await this.#commit();
    const { descriptor, position } = this.#current();
    const end = this.#segmentEnd();
    const blank = encodeToyBlank(end - this.#wrote);
    const count = check(libc.pwrite(descriptor, blank, this.#wrote - position), "write blank");
    if (count < blank.length) throw new Error("Cannot write blank: the write was short");
    const unsynced = this.#options.bug === "blank-unsynced" || this.#options.bug === "no-sync";
    if (!unsynced) check(libc.fdatasync(descriptor), "flush segment");
    this.#acknowledge(this.#wrote);
    this.#wrote = end;
    this.#flushed = end;
    await this.#createSegment();
  }

  async #createSegment(): Promise<void> {
    const { libc } = this.#environment;
    const { O_RDWR, O_CREAT, O_EXCL } = libc.constants;
    const name = toySegmentName(this.#wrote);
    const temporary = `${name}.tmp`;
    const how = { flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600 };
    const descriptor = check(libc.openat2(this.#directory, temporary, how), "create segment");
    if (this.#options.bug === "sparse-segment") {
      check(libc.ftruncate(descriptor, TOY_SEGMENT_BYTE_LENGTH), "grow segment");
    } else {
      const outcome = await libc.fallocateAsync(descriptor, 0, 0, TOY_SEGMENT_BYTE_LENGTH);
      check(outcome, "allocate segment");
    }
    check(libc.fsync(descriptor), "flush segment");
    check(libc.renameat(this.#directory, temporary, this.#directory, name), "name segment");
    if (this.#options.bug !== "no-directory-sync") {
      check(libc.fsync(this.#directory), "flush directory");
    }
    this.#segment = mapToySegment(libc, descriptor, this.#wrote);
  }

  #current(): ToySegment {
    if (this.#segment === undefined) throw new Error("Cannot write: there is no segment");
    return this.#segment;
  }

  #stagedByteLength(): number {
    return this.#staging.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  #segmentEnd(): number {
    return (this.#segment?.position ?? this.#wrote) + TOY_SEGMENT_BYTE_LENGTH;
  }
}
