/**
 * `config/timercheck`: how far RocketMQ's timer is, which delivers messages at exact times.
 *
 * A broker writes it together with its wheel (`timerwheel`, `timerlog`), which holds what it has
 * read of its topic and not delivered. What Streambed writes has no wheel beside it: a broker then
 * reads the topic from the offset that the file says.
 *
 * @module
 */
import { check } from "../../ffi/mod.ts";
import { readFully, type StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import {
  decodeTimerCheckpoint,
  encodeTimerCheckpoint,
  isUnsigned,
  TIMER_CHECK_FILE,
  TIMER_CHECKPOINT,
  TIMER_CHECKPOINT_BYTE_LENGTH,
  TIMER_LOG_FOLDER,
  TIMER_WHEEL_FILE,
  type TimerCheckpointRecord,
} from "../layout/mod.ts";
import { replaceFile } from "./replace_file.ts";

/** How far a broker's timer was. */
export interface BrokerTimer {
  /** What it has read, and is below that time, is delivered; ms since epoch. */
  readonly time: number;
  /** What it has read: the offset that follows. */
  readonly end: number;
}

const NOTHING: TimerCheckpointRecord = {
  lastReadTimeMs: 0,
  lastTimerLogFlushPos: 0,
  lastTimerQueueOffset: 0,
  masterTimerQueueOffset: 0,
  stateVersion: 0,
  versionTimestamp: 0,
  versionCounter: 0,
};

/** The file, and the wheel beside it. */
export class TimerCheckpoint {
  readonly #directory: StoreDirectory;
  readonly #environment: Pick<Environment, "clock" | "random">;
  #record: TimerCheckpointRecord | "unreadable" | undefined;

  /** Reads the file. */
  constructor(directory: StoreDirectory, environment: Pick<Environment, "clock" | "random">) {
    this.#directory = directory;
    this.#environment = environment;
    this.#record = read(directory);
  }

  /** Whether it can be understood, or is missing. */
  get isKnown(): boolean {
    return this.#record !== "unreadable";
  }

  get isMissing(): boolean {
    return this.#record === undefined;
  }

  /** Where a broker has gone on since Streambed wrote the file, how far it was. */
  get broker(): BrokerTimer | undefined {
    const record = this.#known();
    if (record.lastReadTimeMs === 0) return undefined;
    return { time: record.lastReadTimeMs, end: startOf(record) };
  }

  /** Where a broker would begin to read that has no wheel. */
  get low(): number {
    return startOf(this.#known());
  }

  /** Whether it is as {@linkcode TimerCheckpoint.write} has left it. */
  isWritten(low: number): boolean {
    return !this.isMissing && this.isKnown && this.broker === undefined && this.low === low &&
      !this.#hasWheel();
  }

  /**
   * Lets a broker begin at an offset, without what its wheel holds. The file goes first: with a
   * wheel, a broker that starts in between delivers again, and without, it would lose.
   */
  async write(low: number): Promise<void> {
    const { clock, random } = this.#environment;
    const { stateVersion, versionCounter } = this.#known();
    const record = {
      ...NOTHING,
      lastTimerQueueOffset: low,
      masterTimerQueueOffset: low,
      stateVersion: Math.max(0, stateVersion),
      versionTimestamp: clock.now(),
      versionCounter: Math.max(0, versionCounter) + 1,
    };
    const bytes = encodeTimerCheckpoint(record);
    await replaceFile(this.#directory, TIMER_CHECK_FILE, bytes, { random, backup: false });
    this.#record = record;
    this.#removeWheel();
  }

  #known(): TimerCheckpointRecord {
    return typeof this.#record === "object" ? this.#record : NOTHING;
  }

  #hasWheel(): boolean {
    return this.#wheelFiles().length > 0 || this.#directory.list(TIMER_LOG_FOLDER) !== undefined;
  }

  /** The wheel and its snapshots. */
  #wheelFiles(): string[] {
    return (this.#directory.list(".") ?? []).map(({ name }) => name)
      .filter((name) => name === TIMER_WHEEL_FILE || name.startsWith(`${TIMER_WHEEL_FILE}.`));
  }

  #removeWheel(): void {
    const directory = this.#directory;
    const files = this.#wheelFiles();
    const parts = directory.list(TIMER_LOG_FOLDER);
    if (files.length === 0 && parts === undefined) return;
    for (const { name } of parts ?? []) directory.remove(`${TIMER_LOG_FOLDER}/${name}`);
    if (parts !== undefined) {
      check(directory.removeFolder(TIMER_LOG_FOLDER), "remove", TIMER_LOG_FOLDER);
    }
    for (const name of files) directory.remove(name);
    directory.syncFolder(".");
  }
}

function startOf({ lastTimerQueueOffset, masterTimerQueueOffset }: TimerCheckpointRecord): number {
  return Math.min(lastTimerQueueOffset, masterTimerQueueOffset);
}

function read(directory: StoreDirectory): TimerCheckpointRecord | "unreadable" | undefined {
  const file = directory.openFile(TIMER_CHECK_FILE, {});
  if (file === undefined) return undefined;
  const { libc } = directory;
  try {
    const bytes = new Uint8Array(TIMER_CHECKPOINT_BYTE_LENGTH);
    const byteLength = check(readFully(libc, file.descriptor, bytes, 0), "read", TIMER_CHECK_FILE);
    if (byteLength < TIMER_CHECKPOINT.byteLength) return "unreadable";
    const record = decodeTimerCheckpoint(new DataView(bytes.buffer));
    const { lastReadTimeMs, lastTimerQueueOffset, masterTimerQueueOffset } = record;
    const needed = [lastReadTimeMs, lastTimerQueueOffset, masterTimerQueueOffset];
    return needed.every(isUnsigned) ? record : "unreadable";
  } finally {
    libc.close(file.descriptor);
  }
}
