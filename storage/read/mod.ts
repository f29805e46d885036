/**
 * Reading: queues, keys, positions.
 *
 * @module
 */
export { findMessages, getMessage } from "./find.ts";
export { INSPECT, type Inspect } from "./inspect.ts";
export { bodyFields } from "./message_json.ts";
export { QueueView } from "./queue_view.ts";
export type { ReadContext } from "./read_context.ts";
export { contentTypeOf, separate, storedBodyOf } from "./record_message.ts";
