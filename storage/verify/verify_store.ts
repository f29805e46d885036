/**
 * Verifying a store: every record, every queue entry and every index chain against each other.
 *
 * Nothing is written, locked or mapped, so it may run beside a writer, on a damaged store and on
 * one that RocketMQ wrote. What a live writer is working on is left out. RocketMQ's known faults
 * (missing entries after a clean stop, old entries behind a cut, index files with holes) are notes.
 *
 * @module
 */
import { quotePath } from "../../ffi/mod.ts";
import type { IndexGeometry } from "../derived/mod.ts";
import { openRoot } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { notFound } from "../errors.ts";
import { describeAhead, LOG_FOLDER } from "../layout/mod.ts";
import { findUnseenLog } from "../life/mod.ts";
import type { OpenStoreOptions } from "../options.ts";
import type { WorkOptions } from "../types.ts";
import { checkClaims } from "./claims_check.ts";
import { checkConfig } from "./config_check.ts";
import { DelayCheck } from "./delay_check.ts";
import { IndexCheck } from "./index_check.ts";
import { LogCheck, type Verification } from "./log_check.ts";
import { QueuesCheck } from "./queues_check.ts";
import { Findings, type VerifyReport } from "./report.ts";
import { checkStoreCheckpoint, readState, type StoreState } from "./store_state.ts";

export interface VerifyOptions
  extends WorkOptions, Pick<OpenStoreOptions, "trustDirectory" | "logDirectories"> {
  /** How the bytes of an index file divide; found out from the store when left out. */
  readonly indexDivision?: IndexGeometry;
}

/**
 * Verifies a store; damage is not an error.
 *
 * @throws {StoreError<"NOT_FOUND">} If there is no store.
 * @throws {StoreError<"UNSAFE_DIRECTORY">} If the directory or a file in it is not trusted.
 * @throws {StoreError<"UNSUPPORTED_FORMAT">} If a newer release wrote the store.
 */
export async function verifyStore(
  environment: Environment,
  path: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const { trustDirectory, logDirectories } = options;
  const findings = new Findings();
  const directory = openRoot(environment.libc, path, {
    trustDirectory,
    logDirectories,
    note: (text) => findings.add("note", "directory", text),
  });
  try {
    const state = await readState(environment, directory, findings);
    if (!state.live) checkConfig(directory, findings);
    const verification = { environment, directory, findings, state };
    checkClaims(verification);
    await checkLogIsSeen(verification);
    return await verifyLog(verification, options);
  } finally {
    directory.close();
  }
}

/** Tells whether this is all of the log, and throws if there is none. */
async function checkLogIsSeen(verification: Verification): Promise<void> {
  const { environment, directory, findings, state } = verification;
  const unseen = await findUnseenLog(environment, directory);
  const isThere = directory.status(LOG_FOLDER) !== undefined || state.meta !== undefined;
  if (!isThere && unseen === undefined) {
    const action = `verify store ${quotePath(directory.path)}`;
    const place = { path: directory.path, remedy: "name the directory of a store" };
    throw notFound("store", action, "there is no commitlog in it", place);
  }
  if (unseen === undefined) return;
  const { part, text, remedy } = unseen;
  // If only the front is missing, the rest is right and can be rebuilt from.
  const area = part === "front" ? "streambed" : "log";
  findings.add("damage", area, `this is ${text}; ${remedy}`, { path: LOG_FOLDER });
}

async function verifyLog(
  verification: Verification,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const { directory: { path }, findings, state } = verification;
  const log = new LogCheck(verification);
  const queues = new QueuesCheck(verification, log);
  const delays = new DelayCheck(verification);
  const index = new IndexCheck(verification, log, options.indexDivision ?? divisionOf(state));
  try {
    const tail = await log.run({
      ...options,
      onRecord: (record) => {
        queues.add(record);
        index.add(record);
        delays.add(record);
      },
      queuesTo: (position) => queues.claimedTo(position),
    });
    queues.finish(tail.position);
    index.finish(tail.position);
    delays.finish();
    checkEnd(verification, tail.position, log);
    const { damageCount, noteCount, list } = findings;
    return {
      path,
      verdict: findings.verdict(tail),
      live: state.live,
      closed: state.closed,
      mark: state.meta?.mark,
      log: log.summary,
      tail,
      queues: queues.summary,
      index: index.summary,
      unfinishedBatches: log.unfinishedBatches,
      damageCount,
      noteCount,
      findings: list,
    };
  } finally {
    index.close();
    log.close();
  }
}

function divisionOf({ meta }: StoreState): IndexGeometry | undefined {
  if (meta === undefined) return undefined;
  const { indexSlotCount: slotCount, indexEntryCount: entryCount } = meta.geometry;
  return { slotCount, entryCount };
}

/** Looks at what only the end of the log tells. */
function checkEnd(
  { environment, findings, state }: Verification,
  position: number,
  log: LogCheck,
): void {
  const { latestTimestamp } = log.summary;
  const ahead = describeAhead(latestTimestamp, environment.clock.now());
  if (ahead !== undefined) findings.add("note", "log", ahead);
  if (!state.live) checkStoreCheckpoint(state.checkpoint, latestTimestamp, position, findings);
}
