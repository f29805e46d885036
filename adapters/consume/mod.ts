/**
 * A group that handles messages, and tries again what fails: {@linkcode consume}.
 *
 * @module
 */
export { consume, consumeOpened, Unfit } from "./consume.ts";
export type * from "./options.ts";
export { consumeOptions } from "./rules.ts";
