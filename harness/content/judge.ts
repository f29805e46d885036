/**
 * Compares what a damaged store answers with what the whole one does.
 *
 * @module
 */
import type { GroupInfo } from "../../storage/mod.ts";
import { type Answers, Refusal } from "./answers.ts";

/**
 * What became of a damage:
 *
 * - `equal`: every answer is the same: harmless, or noticed and made good.
 * - `refused`: the opening, or the reading of what is damaged, ends with a declared error; all else
 *   is the same.
 * - `tail`: the last messages are gone, and every one of them lay above the mark.
 * - `unlisted`: a search or a filter leaves a message out that is there, and `streambed verify`
 *   names the damage.
 * - `earlier progress`, `later progress`: a group goes on somewhere else: RocketMQ's file has no
 *   checksum. Where its own file is damaged it goes on earlier, and `streambed verify` names the
 *   file.
 * - `different`: a message with other content, a message too many, or one that is gone though it
 *   should not be.
 * - `crash`: an error that the store does not declare.
 * - `hang`: more calls than any work needs.
 */
export type Verdict =
  | "equal"
  | "refused"
  | "tail"
  | "unlisted"
  | "earlier progress"
  | "later progress"
  | "different"
  | "crash"
  | "hang";

/** All verdicts, the good ones first. */
export const VERDICTS: readonly Verdict[] = [
  "equal",
  "refused",
  "tail",
  "unlisted",
  "earlier progress",
  "later progress",
  "different",
  "crash",
  "hang",
];

/** A verdict and what led to it. */
export interface Judgement {
  /** The verdict. */
  readonly verdict: Verdict;
  /** In words. */
  readonly detail: string;
}

/** What is compared. */
export interface Comparison {
  /** Answers of the whole store. */
  readonly expected: Answers;
  /** Answers of the damaged one. */
  readonly found: Answers;
  /** Position from which messages may be gone at the end; `Infinity` if none may. */
  readonly tailFrom: number;
  /** Whether a filter or a search may leave out what is there, if `streambed verify` tells. */
  readonly mayBeUnlisted: boolean;
}

/**
 * Judges.
 *
 * @param comparison What to compare.
 * @returns The judgement.
 */
export function judge(comparison: Comparison): Judgement {
  const { expected, found } = comparison;
  for (const name of found.ends.keys()) {
    if (!expected.ends.has(name)) return different(`there is a queue ${name}`);
  }
  const gone = new Set<number>();
  const refused = new Set<number>();
  for (const [name, answer] of expected.messages) {
    if (answer instanceof Refusal) continue;
    const { position, text } = answer;
    const other = found.messages.get(name);
    if (other === undefined) gone.add(position);
    else if (other instanceof Refusal) refused.add(position);
    else if (other.text !== text) return different(`${name} is ${other.text} and was ${text}`);
  }
  for (const [name, answer] of found.messages) {
    if (!(answer instanceof Refusal) && !expected.messages.has(name)) {
      return different(`${name} is ${answer.text} and was not there`);
    }
  }
  for (const position of gone) {
    if (position < comparison.tailFrom) return different(`the message at ${position} is gone`);
  }
  const unlisted = judgeFound(comparison, gone, refused);
  if (unlisted?.verdict === "different") return unlisted;
  if (gone.size > 0) return { verdict: "tail", detail: `${gone.size} messages are gone` };
  if (unlisted !== undefined) return unlisted;
  return judgeRest(comparison, refused);
}

/** Filtered reads and searches may leave out what is gone or refused, and nothing else. */
function judgeFound(
  { expected, found, mayBeUnlisted }: Comparison,
  gone: ReadonlySet<number>,
  refused: ReadonlySet<number>,
): Judgement | undefined {
  let left: Judgement | undefined;
  for (const [question, answer] of expected.found) {
    const other = found.found.get(question);
    if (answer instanceof Refusal || other instanceof Refusal) continue;
    const extra = other?.find((position) => !answer.includes(position));
    if (extra !== undefined) return different(`${question} gives the message at ${extra}`);
    const there = answer.filter((position) => !gone.has(position) && !refused.has(position));
    const missing = there.find((position) => !other?.includes(position));
    if (missing === undefined) continue;
    const detail = `${question} leaves out the message at ${missing}`;
    if (!mayBeUnlisted) return different(detail);
    left = { verdict: "unlisted", detail };
  }
  return left;
}

function judgeRest({ expected, found }: Comparison, refused: ReadonlySet<number>): Judgement {
  const isRefused = refused.size > 0 || [...found.messages.values()].some(isRefusal) ||
    [...found.found.values()].some(isRefusal);
  if (isRefused) return { verdict: "refused", detail: `${refused.size} messages` };
  const verdict = progress(found, expected);
  return { verdict, detail: verdict === "equal" ? "" : JSON.stringify(found.groups) };
}

/** A group that is not known any more starts from the beginning. */
function progress(
  found: Answers,
  expected: Answers,
): "equal" | "earlier progress" | "later progress" {
  const key = ({ group, topic, queueId }: GroupInfo) => `${group} ${topic} ${queueId}`;
  const offsets = new Map(found.groups.map((one) => [key(one), one.offset]));
  let verdict: "equal" | "earlier progress" = "equal";
  for (const one of expected.groups) {
    const offset = offsets.get(key(one)) ?? 0;
    if (offset > one.offset) return "later progress";
    if (offset < one.offset) verdict = "earlier progress";
  }
  return verdict;
}

function isRefusal(answer: unknown): boolean {
  return answer instanceof Refusal;
}

function different(detail: string): Judgement {
  return { verdict: "different", detail };
}
