/**
 * What of a record of a damaged log can be appended anew, and what an ordinary message cannot say:
 * half messages that no queue has, bodies without their codec, reserved properties.
 *
 * @module
 */
import {
  ATOMIC_BATCH_NAME,
  checkMessageInput,
  checkpointProperties,
  decodeInnerBatch,
  decompressBody,
  DELAY_NAME,
  DELIVERED_NAME,
  FLAG_COMPRESSED,
  FLAG_INNER_BATCH,
  HALF_TOPIC,
  halfProperties,
  isReservedProperty,
  KEYS_NAME,
  mayHold,
  parseProperties,
  REAL_QUEUE_NAME,
  REAL_TOPIC_NAME,
  RECORD_CRC_NAME,
  type RecordView,
  SENT_BACK_TOPIC,
  stillCompressed,
  TAGS_NAME,
  TIMED_NAME,
  TIMER_DELIVER_NAME,
  TIMER_OUT_NAME,
  WAITED_NAME,
} from "../storage/layout/mod.ts";
import { isHalf } from "../storage/derived/mod.ts";
import type { Message } from "../storage/mod.ts";

/** Properties that the store writes itself, so they are not lost. */
const OWN_PROPERTIES = [
  KEYS_NAME,
  TAGS_NAME,
  RECORD_CRC_NAME,
  ATOMIC_BATCH_NAME,
  DELAY_NAME,
  REAL_TOPIC_NAME,
  REAL_QUEUE_NAME,
  DELIVERED_NAME,
  TIMED_NAME,
  TIMER_DELIVER_NAME,
  TIMER_OUT_NAME,
  WAITED_NAME,
];

/** Makes messages of records, and counts what it leaves out. */
export class SalvagedMessages {
  /** Whole messages that were left out, by reason. */
  readonly leftOut: Map<string, number> = new Map<string, number>();
  /** Reserved properties that messages lost, by name. */
  readonly dropped: Map<string, number> = new Map<string, number>();

  /** The messages in a record; none if it is left out. */
  of(record: RecordView, isOwn: boolean): Message[] {
    if (isHalf(record)) {
      this.leaveOut("it is half a transaction");
      return [];
    }
    if (isOwn && record.topic() === SENT_BACK_TOPIC) {
      // Its offsets and positions are those of this log.
      this.leaveOut("it told what a group had sent back");
      return [];
    }
    const { body, sysFlag } = decompressBody(record.body(), record.sysFlag);
    if ((sysFlag & FLAG_COMPRESSED) !== 0) {
      this.leaveOut(`its body cannot be decompressed: ${stillCompressed(sysFlag)}`);
      return [];
    }
    const messages = (sysFlag & FLAG_INNER_BATCH) === 0
      ? [this.#message(record, body.slice(), record.flag, record.properties(), isOwn)]
      : this.#unpack(record, body);
    return messages.filter((message) => this.#isAccepted(message));
  }

  #unpack(record: RecordView, body: Uint8Array): Message[] {
    const elements = decodeInnerBatch(body);
    if (elements === undefined) {
      this.leaveOut("its inner batch is damaged");
      return [];
    }
    return elements.map(({ body, flag, properties }) => {
      const parsed = parseProperties(properties, 0, properties.length);
      return this.#message(record, body.slice(), flag, parsed, false);
    });
  }

  #message(
    record: RecordView,
    body: Uint8Array,
    flag: number,
    properties: ReadonlyMap<string, string>,
    isOwn: boolean,
  ): Message {
    const topic = record.topic();
    return {
      topic,
      queueId: record.queueId,
      body,
      flag,
      bornTimestamp: record.bornTimestamp,
      tags: properties.get(TAGS_NAME),
      keys: properties.get(KEYS_NAME),
      properties: this.#keptProperties(topic, properties, isOwn),
    };
  }

  #keptProperties(
    topic: string,
    properties: ReadonlyMap<string, string>,
    isOwn: boolean,
  ): Map<string, string> {
    const kept = new Map<string, string>();
    if (isOwn) checkpointProperties(kept);
    if (topic === HALF_TOPIC) halfProperties(kept);
    for (const [name, value] of properties) {
      if (!isReservedProperty(name) || mayHold(kept, name)) kept.set(name, value);
      else if (!OWN_PROPERTIES.includes(name)) {
        this.dropped.set(name, (this.dropped.get(name) ?? 0) + 1);
      }
    }
    return kept;
  }

  #isAccepted(message: Message): boolean {
    try {
      checkMessageInput(message);
      return true;
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      this.leaveOut(error.message.replace(/^Cannot store message: /, ""));
      return false;
    }
  }

  /** Counts messages that are left out. */
  leaveOut(why: string, count = 1): void {
    if (count > 0) this.leftOut.set(why, (this.leftOut.get(why) ?? 0) + count);
  }
}
