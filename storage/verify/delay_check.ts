/**
 * Whether anything tells what a broker has delivered of its delayed messages: without that the next
 * writer delivers all of them once more.
 *
 * @module
 */
import { BrokerFiles } from "../broker/mod.ts";
import {
  DELAY_OFFSETS_FILE,
  DELIVERY_TOPIC,
  looksOwn,
  parseDelivered,
  type RecordView,
  SCHEDULE_TOPIC,
} from "../layout/mod.ts";
import type { Verification } from "./log_check.ts";

export class DelayCheck {
  readonly #verification: Verification;
  /** Messages that a broker has put where delayed ones wait. */
  #foreignCount = 0;
  /** Whether a writer of ours has told how far the levels are. */
  #isTold = false;

  constructor(verification: Verification) {
    this.#verification = verification;
  }

  add(record: RecordView): void {
    const topic = record.topic();
    if (topic !== SCHEDULE_TOPIC && topic !== DELIVERY_TOPIC) return;
    const isOwn = this.#verification.state.isOwn(record.position) || looksOwn(record);
    if (topic === SCHEDULE_TOPIC) this.#foreignCount += isOwn ? 0 : 1;
    else if (isOwn) this.#isTold ||= parseDelivered(record.properties())?.levels !== undefined;
  }

  finish(): void {
    const { directory, findings, state } = this.#verification;
    // A live broker writes the file from time to time.
    if (this.#foreignCount === 0 || this.#isTold || state.live) return;
    const { root, unreadable, kept } = new BrokerFiles(directory).get(DELAY_OFFSETS_FILE);
    if (root !== undefined || unreadable.length + kept.length > 0) return;
    const text = `it is not there, so nothing tells what a broker has delivered of ` +
      `${this.#foreignCount} delayed messages: the next writer delivers them once more when they ` +
      "are due; put the file back first, if it is somewhere";
    findings.add("note", "config", text, { path: DELAY_OFFSETS_FILE });
  }
}
