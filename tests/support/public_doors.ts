/**
 * Every public function and method that takes arguments, with its rows of the table of arguments.
 *
 * @module
 */
import { CHECKPOINTS_DOORS, OPEN_CHECKPOINTS_DOOR } from "../../adapters/checkpoint/rules.ts";
import {
  DONE_DOOR,
  SINK_BYTES_DOOR,
  SINK_DOOR,
  SOURCE_BATCHES_DOOR,
  SOURCE_BYTES_DOOR,
  SOURCE_DOOR,
} from "../../adapters/core/mod.ts";
import { JOB_DOOR } from "../../adapters/job/options.ts";
import {
  END_DOOR,
  ITERATOR_DOOR,
  SINK_BYTES_DOOR as NODE_SINK_BYTES_DOOR,
  SINK_DOOR as NODE_SINK_DOOR,
  SINK_WRITER_DOOR,
  SOURCE_BYTES_DOOR as NODE_SOURCE_BYTES_DOOR,
  SOURCE_DOOR as NODE_SOURCE_DOOR,
  WRITE_DOOR,
} from "../../adapters/node/options.ts";
import { VALUES_DOOR } from "../../adapters/web/source.ts";
import { RUN_DOOR } from "../../cli/program.ts";
import {
  CLAIM_DOORS,
  OPEN_STORE_DOOR,
  PORT_DOORS,
  QUEUE_DOORS,
  STORE_DOORS,
} from "../../storage/arguments/mod.ts";
import type { Call } from "./refusals.ts";

/** Rows by the name of the function; of methods, by class and method. */
export type Doors = Readonly<Record<string, Call["door"]>>;

/** What the storage's own test goes through. */
export const STORAGE_DOORS: Doors = {
  openStore: OPEN_STORE_DOOR,
  "Store.append": STORE_DOORS.append,
  "Store.appendAll": STORE_DOORS.appendAll,
  "Store.flush": STORE_DOORS.flush,
  "Store.close": STORE_DOORS.close,
  "StorePort.accept": PORT_DOORS.accept,
  "StorePort.reached": PORT_DOORS.reached,
  "StorePort.changed": PORT_DOORS.changed,
  "StorePort.claimGroup": PORT_DOORS.claimGroup,
  "Store.queue": STORE_DOORS.queue,
  "Store.find": STORE_DOORS.find,
  "Store.get": STORE_DOORS.get,
  "Store.moveGroup": STORE_DOORS.moveGroup,
  "Store.backup": STORE_DOORS.backup,
  "Queue.read": QUEUE_DOORS.read,
  "Queue.readBatch": QUEUE_DOORS.readBatch,
  "Queue.readBatchSync": QUEUE_DOORS.readBatchSync,
  "Queue.borrowSync": QUEUE_DOORS.borrowSync,
  "Queue.offsetAt": QUEUE_DOORS.offsetAt,
  "GroupClaim.done": CLAIM_DOORS.done,
};

/** What the adapters' test goes through. */
export const ADAPTER_DOORS: Doors = {
  sink: SINK_DOOR,
  sinkBytes: SINK_BYTES_DOOR,
  source: SOURCE_DOOR,
  sourceBatches: SOURCE_BATCHES_DOOR,
  sourceBytes: SOURCE_BYTES_DOOR,
  "Source.done": DONE_DOOR,
  "Source.values": VALUES_DOOR,
  "Source.[Symbol.asyncIterator]": VALUES_DOOR,
  openCheckpoints: OPEN_CHECKPOINTS_DOOR,
  "Checkpoints.newest": CHECKPOINTS_DOORS.newest,
  "Checkpoints.list": CHECKPOINTS_DOORS.list,
  "CheckpointSummary.load": CHECKPOINTS_DOORS.load,
  "Checkpoints.save": CHECKPOINTS_DOORS.save,
  "Checkpoints.keep": CHECKPOINTS_DOORS.keep,
  "Checkpoints.drop": CHECKPOINTS_DOORS.drop,
  job: JOB_DOOR,
  "node sink": NODE_SINK_DOOR,
  "node sinkBytes": NODE_SINK_BYTES_DOOR,
  "node sinkWriter": SINK_WRITER_DOOR,
  "node SinkWriter.writev": WRITE_DOOR,
  "node SinkWriter.end": END_DOOR,
  "node source": NODE_SOURCE_DOOR,
  "node Source.done": DONE_DOOR,
  "node Source.iterator": ITERATOR_DOOR,
  "node sourceBatches": SOURCE_BATCHES_DOOR,
  "node sourceBytes": NODE_SOURCE_BYTES_DOOR,
  run: RUN_DOOR,
};
