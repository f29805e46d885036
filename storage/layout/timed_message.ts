/**
 * Messages that are delivered at an exact time: they wait in `rmq_sys_wheel_timer`, queue 0, until
 * a copy of each goes to its own topic.
 *
 * While it waits, a message has the properties TIMER_DELIVER_MS (when), TIMER_OUT_MS (the slot of
 * RocketMQ's timer: the whole second before that), REAL_TOPIC and REAL_QID. Reproduces
 * `HookUtils.transformTimerMessage()` of RocketMQ 5.5.0 with its precision of a second.
 *
 * How far they are delivered, the last record of `STREAMBED_DELIVERY` tells, in the property
 * SB_TIMED: `low:end:time:offset` of {@linkcode TimedState}. It is in one atomic batch with the
 * copies.
 *
 * @module
 */
import { argumentError } from "../errors.ts";
import {
  REAL_QUEUE_NAME,
  REAL_TOPIC_NAME,
  TIMED_NAME,
  TIMER_CANCEL_NAME,
  TIMER_DELIVER_NAME,
  TIMER_OUT_NAME,
  TIMER_ROLLS_NAME,
  TIMER_TOPIC,
  UNIQ_KEY_NAME,
} from "./names.ts";
import type { AtomicBatchPlace } from "./atomic_batch.ts";
import { isUnsigned } from "./i64.ts";
import type { CheckedMessage } from "./message_input.ts";
import { type PreparedMessage, prepareMessage } from "./prepare_message.ts";

/** RocketMQ's `timerPrecisionMs`. */
const SLOT_MS = 1000;
/** RocketMQ's `timerMaxDelaySec`. */
export const TIMED_AHEAD_MS_MAX: number = 3 * 24 * 60 * 60 * 1000;

const TIME = /^[0-9]{1,16}$/;
const COUNT = /^[0-9]{1,9}$/;
const STATE = /^([0-9]{1,16}):([0-9]{1,16}):([0-9]{1,16}):([0-9]{1,16})$/;

/**
 * What is done of the queue with exact times: what lies below `low`, and of what lies below `end`
 * all that comes, in the order of time and offset, up to `time` and `offset`, these included.
 */
export interface TimedState {
  readonly low: number;
  readonly end: number;
  /** Ms since epoch. */
  readonly time: number;
  readonly offset: number;
}

/** Before anything was delivered. */
export const TIMED_START: TimedState = { low: 0, end: 0, time: 0, offset: 0 };

/** What a message that waits for an exact time says. */
export interface TimedPart {
  /** Its slot in RocketMQ's timer, ms since epoch. */
  readonly slot: number;
  /** When it is due, ms since epoch. */
  readonly time: number;
  /** How often RocketMQ has stored it again. */
  readonly rolls: number;
  /** What it is delivered for: the key of another of its slot that it takes back. */
  readonly cancels: string | undefined;
  /** By these a later one of its slot takes it back. */
  readonly keys: readonly string[];
}

/** Prepares a message that waits until `deliverAt`; one that is due is prepared for its topic. */
export function prepareTimed(
  message: CheckedMessage,
  deliverAt: number,
  now: number,
  batch: AtomicBatchPlace | undefined,
): PreparedMessage {
  if (deliverAt <= now) return prepareMessage(message, now, batch);
  if (deliverAt - now > TIMED_AHEAD_MS_MAX) {
    throw argumentError(
      "ERR_OUT_OF_RANGE",
      `Cannot store message: deliverAt ${deliverAt} is more than three days ahead of the clock`,
    );
  }
  const { topic, queueId = 0 } = message;
  const properties = new Map(message.properties);
  properties.set(TIMER_DELIVER_NAME, `${deliverAt}`);
  properties.set(TIMER_OUT_NAME, `${slotOf(deliverAt)}`);
  properties.set(REAL_TOPIC_NAME, topic);
  properties.set(REAL_QUEUE_NAME, `${queueId}`);
  const waiting = { ...message, topic: TIMER_TOPIC, queueId: 0, properties };
  const prepared = prepareMessage(waiting, now, batch);
  return { ...prepared, deliverTimestamp: deliverAt, deliveredTo: { topic, queueId } };
}

/** RocketMQ's timer delivers a slot once its second is over. */
function slotOf(deliverAt: number): number {
  return (Math.ceil(deliverAt / SLOT_MS) - 1) * SLOT_MS;
}

/** Reads what a record of the topic says; `undefined` if it does not say when it is due. */
export function parseTimed(properties: ReadonlyMap<string, string>): TimedPart | undefined {
  const out = properties.get(TIMER_OUT_NAME) ?? "";
  if (!TIME.test(out) || !isUnsigned(Number(out) + 2 * SLOT_MS)) return undefined;
  const slot = Number(out);
  const rolls = properties.get(TIMER_ROLLS_NAME) ?? "";
  const cancels = properties.get(TIMER_CANCEL_NAME);
  const uniqKey = properties.get(UNIQ_KEY_NAME);
  return {
    slot,
    // It counts for all of its slot, so it goes last.
    time: cancels === undefined ? dueOf(slot, properties) : slot + SLOT_MS + 1,
    rolls: COUNT.test(rolls) ? Number(rolls) : 0,
    cancels,
    keys: uniqKey === undefined
      ? []
      : [uniqKey, `${properties.get(REAL_TOPIC_NAME) ?? ""}+${uniqKey}`],
  };
}

/** To the millisecond if its client said so; else when its slot is over. */
function dueOf(slot: number, properties: ReadonlyMap<string, string>): number {
  const deliver = properties.get(TIMER_DELIVER_NAME) ?? "";
  const time = TIME.test(deliver) ? Number(deliver) : 0;
  return time > slot && time <= slot + SLOT_MS ? time : slot + SLOT_MS;
}

/** Whether one with that time at that offset is done. */
export function isTimedDone(state: TimedState, time: number, offset: number): boolean {
  return offset < state.low ||
    (offset < state.end && compareTimed(time, offset, state.time, state.offset) <= 0);
}

/** Compares two by time and offset: below 0 if the first comes first. */
export function compareTimed(
  time: number,
  offset: number,
  otherTime: number,
  otherOffset: number,
): number {
  return time - otherTime || offset - otherOffset;
}

/** The text of {@linkcode TIMED_NAME}. */
export function formatTimedState({ low, end, time, offset }: TimedState): string {
  return `${low}:${end}:${time}:${offset}`;
}

/** Reads what a record of the deliveries tells; `undefined` if it tells nothing of these. */
export function parseTimedState(properties: ReadonlyMap<string, string>): TimedState | undefined {
  const found = STATE.exec(properties.get(TIMED_NAME) ?? "");
  const [low, end, time, offset] = found?.slice(1).map(Number) ?? [];
  if (found === null || ![low, end, time, offset].every(isUnsigned)) return undefined;
  return { low, end, time, offset };
}
