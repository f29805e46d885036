/**
 * What a store tells of itself while it works, and the port through which it does.
 *
 * @module
 */

/** What every event of a store says. */
export interface StoreEvent {
  /** Absolute path of the store's directory. */
  readonly path: string;
}

/**
 * The events of all stores in this thread: names of channels of `node:diagnostics_channel`, and
 * what their subscribers are handed. Where none subscribes, nothing is made.
 *
 * @example Usage
 * ```ts ignore
 * import { subscribe } from "node:diagnostics_channel";
 *
 * subscribe("streambed:flush", (event) => {
 *   const { flushedPosition, elapsedMs } = event as StreambedEvents["streambed:flush"];
 *   console.log(`on the disk up to ${flushedPosition}, in ${elapsedMs} ms`);
 * });
 * ```
 */
export interface StreambedEvents {
  /** A store was opened, to be written or only read. */
  readonly "streambed:open": StoreEvent & {
    /** How long the opening took, recovery included, ms. */
    readonly elapsedMs: number;
  };
  /** A store was closed, in order or after a failure. */
  readonly "streambed:close": StoreEvent;
  /**
   * Messages of one topic were committed together: those of a batch, and what else was appended in
   * the same turn. A long batch may be committed in several steps.
   */
  readonly "streambed:append": StoreEvent & {
    /** Topic that they went to, which may be one of the store's own. */
    readonly topic: string;
    /** How many messages. */
    readonly count: number;
    /** Length of their records, bytes. */
    readonly byteLength: number;
  };
  /** More of the log is on the disk. */
  readonly "streambed:flush": StoreEvent & {
    /** Position after the last flushed byte. */
    readonly flushedPosition: number;
    /** How long the syncs took, ms. */
    readonly elapsedMs: number;
  };
  /** The log goes on in a new segment, the first one among them. */
  readonly "streambed:roll": StoreEvent & {
    /** Position at which the segment starts. */
    readonly position: number;
  };
  /** Retention has deleted segments at the head of the log. */
  readonly "streambed:delete": StoreEvent & {
    /** First position that is left. */
    readonly earliestPosition: number;
    /** Length of what was deleted, bytes. */
    readonly byteLength: number;
  };
  /** Progress of a group was made durable: what was done, or taken over, or where it was moved. */
  readonly "streambed:group": StoreEvent & {
    /** Name of the group. */
    readonly group: string;
    /** Topic that it reads. */
    readonly topic: string;
    /** Queue of the topic. */
    readonly queueId: number;
    /** Offset that it reads next. */
    readonly offset: number;
    /** Messages between there and the end of the queue. */
    readonly lagCount: number;
  };
  /** A message that a group could not handle was sent back; the copy is on the disk. */
  readonly "streambed:retry": StoreEvent & {
    /** Name of the group. */
    readonly group: string;
    /** Number of the try that failed, from 1. */
    readonly attempt: number;
    /** Whether it is a dead letter now, and not tried again. */
    readonly deadLetter: boolean;
  };
  /** A checkpoint of a job is on the disk, with its outputs. */
  readonly "streambed:checkpoint": StoreEvent & {
    /** Name of the job. */
    readonly job: string;
    /** Number of the checkpoint, from 1. */
    readonly id: number;
    /** Length of offsets and state as they are stored, bytes. */
    readonly byteLength: number;
  };
  /** Something was noticed that is not an error; `info.notes` has it too. */
  readonly "streambed:note": StoreEvent & {
    /** What it is, in words. */
    readonly note: string;
  };
}

/** Name of an event. */
export type EventName = keyof StreambedEvents;

/** What an event says beside the path of its store. */
export type EventFields<Name extends EventName> = Omit<StreambedEvents[Name], keyof StoreEvent>;

/** Where events go. */
export interface Events {
  /** Whether anyone listens to the events of a name now. */
  isHeard(name: EventName): boolean;
  /** Hands an event to all who listen, in the call; it never throws. */
  tell<Name extends EventName>(name: Name, event: StreambedEvents[Name]): void;
}
