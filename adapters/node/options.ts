/**
 * Options of the streams of `node:stream`, beside those of all streams over a store.
 *
 * @module
 */
import {
  bag,
  boolean,
  type Door,
  door,
  required,
  signal,
  thing,
  wholeNumber,
} from "../../storage/arguments/mod.ts";
import {
  SINK_ROWS,
  type SinkChunk,
  sinkDoor,
  type SinkOptions as CoreSinkOptions,
  SOURCE_BYTES_ROWS,
  SOURCE_ROWS,
  type SourceBytesOptions as CoreSourceBytesOptions,
  sourceDoor,
  type SourceOptions as CoreSourceOptions,
  type StreamDoor,
} from "../core/mod.ts";

/** Chunks that may wait in object mode by default: enough for a batch to be worth its sync. */
export const HIGH_WATER_COUNT = 1024;

/** Options of {@linkcode sink}. What a chunk says itself comes first. */
export interface SinkOptions extends Omit<CoreSinkOptions, "highWaterMark" | "durability"> {
  /**
   * Chunks that may be written and not yet be as durable as `durability` says; from there on
   * `write()` returns `false`, as it does from 4 MiB of bodies on. Also the length of one batch.
   *
   * @default {1024}
   */
  readonly highWaterMark?: number;
  /**
   * When a write is done and its callback is called: `"committed"` waits for the page cache,
   * `"flushed"` for the disk. The end of the stream always waits for the disk.
   *
   * @default {"committed"}
   */
  readonly durability?: CoreSinkOptions["durability"];
}

/** Options of {@linkcode sinkBytes}. */
export interface SinkBytesOptions extends Omit<SinkOptions, "highWaterMark"> {
  /**
   * What stands between messages, at least one character.
   *
   * @default {"\n"}
   */
  readonly delimiter?: string;
  /**
   * Bytes that may be written and not yet be as durable as `durability` says; from there on
   * `write()` returns `false`.
   *
   * @default {4194304}
   */
  readonly highWaterMark?: number;
}

/** Options of {@linkcode sinkWriter}: the promises of its writes hold the caller back. */
export type SinkWriterOptions = Omit<SinkOptions, "highWaterMark" | "signal">;

/** Options of {@linkcode SinkWriter.write} and its like. */
export interface WriteOptions {
  /** Refuses the write with the signal's reason if it was aborted before. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode source}. */
export interface SourceOptions extends CoreSourceOptions {
  /** Messages that are read ahead; Node's own mark when left out. */
  readonly highWaterMark?: number;
}

/** Options of {@linkcode sourceBytes}. */
export interface SourceBytesOptions extends CoreSourceBytesOptions {
  /** Bytes that are read ahead; Node's own mark when left out. */
  readonly highWaterMark?: number;
}

/** Node's own, with Node's own default. */
interface IteratorOptions {
  readonly destroyOnReturn?: boolean;
}

const { highWaterMark: _, signal: __, ...writerRows } = SINK_ROWS;
const writeOptions = bag<WriteOptions>({ signal: signal() });

export const SINK_DOOR: StreamDoor<SinkOptions> = sinkDoor({
  ...SINK_ROWS,
  highWaterMark: wholeNumber({ least: 1, fallback: HIGH_WATER_COUNT }),
});

export const SINK_WRITER_DOOR: StreamDoor<SinkWriterOptions> = sinkDoor(writerRows);

/** What each chunk is, the sink itself checks. */
export const WRITE_DOOR: Door<[chunks: readonly SinkChunk[], options?: WriteOptions]> = door(
  "write to sink",
  "chunks options",
  [required(thing<readonly SinkChunk[]>("a list of chunks", Array.isArray)), writeOptions],
);

export const END_DOOR: Door<[options?: WriteOptions]> = door("end sink", "options", [writeOptions]);

export const SOURCE_DOOR: StreamDoor<SourceOptions> = sourceDoor({
  ...SOURCE_ROWS,
  highWaterMark: wholeNumber(),
});

export const SOURCE_BYTES_DOOR: StreamDoor<SourceBytesOptions> = sourceDoor({
  ...SOURCE_BYTES_ROWS,
  highWaterMark: wholeNumber(),
});

export const ITERATOR_DOOR: Door<[options?: IteratorOptions]> = door(
  "read source",
  "options",
  [bag<IteratorOptions>({ destroyOnReturn: boolean() })],
);
