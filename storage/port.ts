/**
 * What authors of adapters need of an open store beside what its users do.
 *
 * @module
 */
import type { Clock, EnvironmentClock, EnvironmentTimers, Timers } from "./environment.ts";
import { argumentError, showArgument } from "./errors.ts";
import {
  type DeliveredOffsets,
  OWN_BORN_HOST,
  OWN_STORE_HOST,
  RECORD_CRC_NAME,
  type SentBackCopy,
  type SentBackRecord,
  type SettledRecord,
} from "./layout/mod.ts";
import type { StoreEvents } from "./store_events.ts";
import type {
  AppendAllResult,
  AppendResult,
  Durability,
  Message,
  Store,
  StoredMessage,
  WaitOptions,
} from "./types.ts";

/** A queue that a group wants to read. */
export interface ClaimRequest {
  /** Name of the group. */
  readonly group: string;
  /** Topic. */
  readonly topic: string;
  /** Queue of the topic. */
  readonly queueId: number;
}

/**
 * The exclusive right to read one queue as one group, in all processes that have the store open.
 * Disposing of it gives it back; so does the end of the process.
 */
export interface GroupClaim extends AsyncDisposable {
  /** Offset to go on from; `undefined` if the group never read the queue. */
  readonly offset: number | undefined;
  /**
   * Records that the group reads `nextOffset` next. Written within `groupIntervalMs`, and at close.
   */
  done(nextOffset: number): void;
}

/** Options of {@linkcode StorePort.reached}. */
export interface ReachedOptions extends WaitOptions {
  /**
   * What to wait for.
   *
   * @default {"flushed"}
   */
  readonly durability?: Durability;
}

/**
 * The other side of a store: see {@linkcode portOf}. Its methods look at their arguments as those
 * of {@linkcode Store} do.
 */
export interface StorePort {
  /** The store's time; what waits with a store goes by it. */
  readonly clock: Clock;
  /** The store's timers; what waits with a store waits by them. */
  readonly timers: Timers;
  /**
   * Takes a message without waiting for anything but room; it is committed by the least-pages rule
   * or by time. For sinks, which wait by {@linkcode StorePort.reached}.
   */
  accept(message: Message): Promise<AppendResult>;
  /** Settles when everything below `position` is as durable as asked. */
  reached(position: number, options?: ReachedOptions): Promise<void>;
  /**
   * Settles at the next change of what is visible (appended, flushed, deleted), or when the store
   * closes or fails. After a failure it rejects with the {@linkcode StoreError} of code
   * `DURABILITY_LOST`: nothing changes any more.
   */
  changed(options?: WaitOptions): Promise<void>;
  /**
   * Takes the right to read a queue as a group, also in a `readOnly` store. `GROUP_BUSY` if it is
   * taken, in any process; `PERMISSION_DENIED` if a `readOnly` store may not write into
   * `streambed/groups`.
   */
  claimGroup(claim: ClaimRequest): Promise<GroupClaim>;
}

/** A claim as the adapters of this package hold it. */
export interface HeldClaim extends GroupClaim {
  /** Gives it back at once. Harmless when it was given back already. */
  release(): void;
}

/** A part of the log. */
export type Extent = Pick<AppendResult, "position" | "endPosition">;

/** What messages may have in common that differ in nothing but their bodies. */
export type MessageFrame = Pick<Message, "topic" | "tags" | "keys" | "properties" | "queueId">;

/** Takes bodies of messages that are alike in all else. */
export interface BodyIntake {
  /**
   * Takes one in the call; a promise only where it must wait for room, or the event loop for its
   * turn. Says where it went, until the next one is taken.
   */
  accept(body: Uint8Array | string): Extent | Promise<Extent>;
  /**
   * Takes several, at least one, and commits them, in the call; a promise as {@linkcode accept}
   * gives one. If one is refused, all are.
   */
  acceptAll(bodies: readonly Uint8Array[]): Extent | Promise<Extent>;
}

/** What the adapters of this package use beside that. */
export interface InnerPort extends StorePort {
  readonly clock: EnvironmentClock;
  readonly timers: EnvironmentTimers;
  /** Tells what happens to those who listen. */
  readonly events: StoreEvents;
  /** Position after the last committed record. */
  readonly committedPosition: number;
  /**
   * Does what {@linkcode StorePort.accept} does, in the call; a promise only where the message must
   * wait for room, or the event loop for its turn.
   */
  acceptNow(message: Message): AppendResult | Promise<AppendResult>;
  /** Takes bodies as {@linkcode acceptNow} takes messages, which have the rest in common. */
  bodies(frame: MessageFrame): BodyIntake;
  /**
   * Appends a batch that is not atomic, and commits it, in the call; a promise only where it must
   * wait for room. If one message is refused, all are.
   */
  appendAllNow(messages: readonly Message[]): AppendAllResult | Promise<AppendAllResult>;
  /** Takes the right to read a queue as a group, at once. */
  claim(claim: ClaimRequest): HeldClaim;
  /**
   * Settles when this store shows what other processes may have seen before the call; `undefined`
   * if it writes, and so sees everything first.
   */
  caughtUp(): Promise<void> | undefined;
  /**
   * Appends copies of messages that a group sends back, and the record that tells so, as one atomic
   * batch; settles once they are on the disk.
   */
  sendBack(
    copies: readonly SentBackCopy[],
    told: SentBackRecord | SettledRecord,
  ): Promise<AppendAllResult>;
  /** For each level of delayed messages with a queue, the offset that is delivered next. */
  delivered(): DeliveredOffsets;
  /**
   * Settles when the delayed messages that are due are delivered, and on the disk; at once in a
   * store that only reads, which delivers nothing. What cannot be delivered is noted.
   */
  deliverDue(options?: WaitOptions): Promise<void>;
  /** Makes all progress of groups durable that this store was told. */
  writeGroups(): Promise<void>;
  /**
   * Whether Streambed wrote the record at a position; `undefined` if nothing says so. Where it did,
   * the reader of the record has seen that its whole-record CRC is right.
   */
  isOwn(position: number): boolean | undefined;
}

/** Where a store keeps its port, for other copies of this package too. */
export const PORT: unique symbol = Symbol.for("streambed.port") as never;

/**
 * The port of an open store, for authors of adapters.
 *
 * @param store A store that `openStore()` has made.
 * @returns Its port; the same each time.
 * @throws {TypeError} If it is another object.
 */
export function portOf(store: Store): StorePort {
  return innerPortOf(store);
}

/** The port with what only this package uses. */
export function innerPortOf(store: Store): InnerPort {
  const port = (store as { readonly [PORT]?: InnerPort } | null | undefined)?.[PORT];
  if (port !== undefined) return port;
  throw argumentError(
    "ERR_INVALID_ARG_TYPE",
    `Cannot use store: it is ${showArgument(store)}, it must be an open store`,
  );
}

/**
 * Whether Streambed wrote a message, for adapters that keep state in messages: a broker's copy is a
 * message like any other. If the log does not tell, the message's form does, which a copy lacks.
 */
export function isOwnMessage(store: Store, message: StoredMessage): boolean {
  return innerPortOf(store).isOwn(message.position) ?? hasOwnForm(message);
}

function hasOwnForm(message: StoredMessage): boolean {
  return message.sysFlag === 0 && message.reconsumeTimes === 0 &&
    message.preparedPosition === undefined && message.bornHost === OWN_BORN_HOST &&
    message.storeHost === OWN_STORE_HOST && message.properties.has(RECORD_CRC_NAME);
}
