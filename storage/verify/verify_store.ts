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
import type { IndexGeometry } from "../derived/index/mod.ts";
import { describeAhead, LOG_FOLDER, type RecordView } from "../layout/mod.ts";
import { openRoot, type StoreDirectory } from "../directory/mod.ts";
import type { Environment } from "../environment.ts";
import { storeNotFound } from "../errors.ts";
import { DirectoryLog, listLog, type LogListing, LogWalker, SegmentReader } from "../log/mod.ts";
import { findUnseenLog, rebuildStart } from "../life/mod.ts";
import { checkConfig } from "./config_check.ts";
import { IndexCheck } from "./index_check.ts";
import { LogCheck, type WatchOptions } from "./log_check.ts";
import { type QueuePlace, queuePlaces } from "./queue_places.ts";
import { QueuesCheck } from "./queues_check.ts";
import { Findings, type LogTail, type VerifyReport } from "./report.ts";
import { checkStoreCheckpoint, readState, type StoreState } from "./store_state.ts";

export interface VerifyOptions extends WatchOptions {
  /**
   * Accept a directory that others could write to.
   *
   * @default {false}
   */
  readonly trustDirectory?: boolean;
  /** Directories of the log's segments; `commitlog` alone when left out. */
  readonly logDirectories?: readonly string[] | undefined;
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
  const findings = new Findings();
  const directory = openRoot(environment.libc, path, {
    write: false,
    create: false,
    trustDirectory: options.trustDirectory ?? false,
    logDirectories: options.logDirectories,
    note: (text) => findings.add({ severity: "note", area: "directory", text }),
  });
  try {
    return await verifyDirectory(environment, directory, findings, options);
  } finally {
    directory.close();
  }
}

async function verifyDirectory(
  environment: Environment,
  directory: StoreDirectory,
  findings: Findings,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const known = readState(directory, findings);
  const state = { ...known, derivedTo: await soundTo(environment, directory, known) };
  if (!state.live) checkConfig(directory, findings);
  const unseen = await findUnseenLog(environment, directory);
  const isThere = directory.status(LOG_FOLDER) !== undefined || state.meta !== undefined;
  if (!isThere && unseen === undefined) {
    throw storeNotFound(
      `verify store ${quotePath(directory.path)}`,
      "there is no commitlog in it",
      { path: directory.path, remedy: "name the directory of a store" },
    );
  }
  if (unseen !== undefined) {
    const { part, text, remedy } = unseen;
    // If only the front is missing, the rest is right and can be rebuilt from.
    const area = part === "front" ? "streambed" : "log";
    findings.add({
      severity: "damage",
      area,
      text: `this is ${text}; ${remedy}`,
      path: LOG_FOLDER,
    });
  }
  const listing = listLog(directory);
  const logs = [1, 2].map(() => new DirectoryLog(directory, listing.files));
  const world = { environment, directory, listing, logs };
  const checks = makeChecks(world, state, findings, options);
  try {
    const tail = await checks.log.run((record) => {
      checks.queues.add(record);
      checks.index.add(record);
    }, options);
    finish(checks, tail, environment.clock.now());
    return report(directory, checks, tail);
  } finally {
    for (const log of logs) log.close();
  }
}

/**
 * Position below which queues and index should match the log. A writer that died while it recovered
 * leaves less than the one before had made durable: what the next one derives is not damage.
 */
async function soundTo(
  environment: Environment,
  directory: StoreDirectory,
  { live, closed, derivedTo }: StoreState,
): Promise<number> {
  if (live || closed || derivedTo === 0) return derivedTo;
  const rebuilt = await rebuildStart(environment, directory);
  return Math.min(derivedTo, rebuilt ?? derivedTo);
}

interface Checks {
  readonly state: StoreState;
  readonly findings: Findings;
  readonly log: LogCheck;
  readonly queues: QueuesCheck;
  readonly index: IndexCheck;
}

interface World {
  readonly environment: Environment;
  readonly directory: StoreDirectory;
  readonly listing: LogListing;
  /** One reads the log in order, the other single records. */
  readonly logs: readonly DirectoryLog[];
}

function makeChecks(
  { environment, directory, listing, logs }: World,
  state: StoreState,
  findings: Findings,
  options: VerifyOptions,
): Checks {
  const log = new LogCheck(environment, new SegmentReader(logs[0]), listing, state, findings);
  const severity = severityFor(state);
  // A crash leaves files short, and slots of an index that lead to lost entries; the next writer
  // mends that.
  const isCrashed = !state.live && state.meta?.state === "open";
  const fileSeverity = isCrashed ? () => "note" as const : severity;
  const { live } = state;
  const beside = { live, isUnderWay: underWay(state) };
  const shared = { findings, severity, fileSeverity: fileSeverity(0, false), ...beside };
  const placesAt = placesFor(new SegmentReader(logs[1]), state);
  const hasDamage = () => log.damaged.length > 0;
  const queues = new QueuesCheck(directory, { ...shared, placesAt, hasDamage });
  const isDamaged = (position: number) => log.isDamaged(position);
  const indexContext = { findings, severity: fileSeverity, from: log.from, isDamaged, ...beside };
  const division = options.indexDivision ?? divisionOf(state);
  const index = new IndexCheck(directory, indexContext, division);
  return { state, findings, log, queues, index };
}

/**
 * Entries that a writer had made durable should be there; those of RocketMQ's own messages may be
 * missing.
 */
function severityFor(state: StoreState): (position: number, missing: boolean) => "damage" | "note" {
  return (position, missing) => {
    if (position >= state.derivedTo) return "note";
    return missing && !state.isOwn(position) ? "note" : "damage";
  };
}

/**
 * What a live writer has stored and may not have dispatched at its store checkpoint: it dispatches
 * record by record, in the order of the log.
 */
function underWay({ live, derivedTo, checkpoint }: StoreState): (record: RecordView) => boolean {
  const dispatched = checkpoint?.logicsMsgTimestamp ?? 0;
  return ({ position, storeTimestamp }) =>
    live && position >= derivedTo && storeTimestamp >= dispatched;
}

function placesFor(
  reader: SegmentReader,
  state: StoreState,
): (position: number, byteLength: number) => readonly QueuePlace[] {
  const walker = new LogWalker(reader, state.isOwn);
  return (position, byteLength) => {
    const step = walker.step(position);
    const isThere = step.kind === "message" && step.byteLength === byteLength;
    return isThere ? queuePlaces(step) : [];
  };
}

function divisionOf(state: StoreState): IndexGeometry | undefined {
  const geometry = state.meta?.geometry;
  if (geometry === undefined) return undefined;
  return { slotCount: geometry.indexSlotCount, entryCount: geometry.indexEntryCount };
}

/** Looks at what only the end of the log tells. */
function finish(
  { log, queues, index, state, findings }: Checks,
  tail: LogTail,
  now: number,
): void {
  const isDamaged = (position: number) => log.isDamaged(position);
  queues.finish({ from: log.from, to: tail.position, isDamaged });
  index.finish(tail.position);
  const { latestTimestamp } = log.summary();
  const ahead = describeAhead(latestTimestamp, now);
  if (ahead !== undefined) findings.add({ severity: "note", area: "log", text: ahead });
  if (!state.live) checkStoreCheckpoint(state.checkpoint, latestTimestamp, tail.position, findings);
  if (!state.closed || queues.aheadTo <= tail.position || tail.kind === "damaged") return;
  // A store that was closed has no entry beyond the end of its log.
  const text = `the store was closed and its queues speak of messages up to position ` +
    `${queues.aheadTo}, but the log ends`;
  const { position } = tail;
  findings.add({ severity: "damage", area: "log", text, path: LOG_FOLDER, position });
}

function report(
  directory: StoreDirectory,
  { log, queues, index, state, findings }: Checks,
  tail: LogTail,
): VerifyReport {
  const sound = tail.kind === "torn" ? "torn" : "sound";
  return {
    path: directory.path,
    verdict: findings.damageCount > 0 ? "damaged" : sound,
    live: state.live,
    closed: state.closed,
    mark: state.meta?.mark,
    log: log.summary(),
    tail,
    queues: queues.summary(),
    index: index.summary(),
    unfinishedBatches: log.unfinishedBatches,
    damageCount: findings.damageCount,
    noteCount: findings.noteCount,
    findings: findings.list,
  };
}
