/**
 * What is derived from the log, and can be made anew from it: queues, index, and what a record means to them.
 *
 * @module
 */
export {
  batchCount,
  dispatchRecord,
  type DispatchTarget,
  eachKey,
  lightPlaces,
} from "./dispatch.ts";
