/**
 * A group that handles messages, and tries again what fails: {@linkcode consume}.
 *
 * @module
 */
export { consume, consumeOpened, Unfit } from "./consume.ts";
export type * from "./options.ts";
export { listDeadLetters, listRetries, type SentMessage, settle } from "./sent_messages.ts";
export { consumeOptions } from "./rules.ts";
