/**
 * Opening the store of a command, and closing it whatever happens.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { quotePath } from "../ffi/mod.ts";
import { openStore, type OpenStoreOptions, type Store, StoreError } from "../storage/mod.ts";
import { ClosedPipeError, CommandError, InterruptedError } from "./cli_error.ts";
import type { Context, WorkHow } from "./context.ts";
import { type DeliveryCount, tellingDeliveries } from "./delivery_count.ts";
import { failureText } from "./failure_text.ts";
import { foldNotes } from "./fold.ts";
import { isThere, kindOf } from "./files.ts";
import { refuseStoreNear } from "./store_places.ts";
import { CLAIMS_FOLDER, LOG_FOLDER, STORE_SIGNS } from "../storage/layout/mod.ts";

/**
 * Runs `work` with an open store, and closes it. A writer delivers what is due: what it is to be
 * refused for is looked at before, by {@linkcode lookFirst}.
 */
export function withStore<T>(
  context: Context,
  how: OpenStoreOptions,
  work: (store: Store, delivered: DeliveryCount) => T | Promise<T>,
): Promise<T> {
  return tellingDeliveries(context, async (delivered) => {
    const store = await openNoted(context, how);
    try {
      return await work(store, delivered);
    } finally {
      await store.close();
    }
  });
}

async function openNoted(context: Context, how: OpenStoreOptions): Promise<Store> {
  const makes = how.create === true && !hasStore(context);
  if (makes) await refuseStoreNear(context);
  if (how.create !== true) refuseNoStore(context);
  const open = (work: WorkHow) => openStore(context.directory, { ...work, ...how });
  const store = await context.working("open", open);
  if (makes) context.note(`note: made a new store in ${quotePath(store.info.path)}`);
  for (const note of foldNotes(store.info.notes)) context.note(`note: ${note}`);
  return store;
}

/**
 * Runs `look` with a store that is only read, and says none of its notes: before a command opens it
 * to write, which delivers what is due and cannot be taken back. What is refused changes nothing.
 */
export async function lookFirst(
  context: Context,
  look: (store: Store) => unknown,
): Promise<void> {
  refuseNoStore(context);
  const open = (work: WorkHow) =>
    openStore(context.directory, { ...work, readOnly: true, create: false });
  await using store = await context.working("open", open);
  await look(store);
}

/**
 * A command neither makes a store in a directory that is not one, nor shows it as an empty store.
 *
 * @throws {CommandError} If there is no store.
 */
export function refuseNoStore(context: Context): void {
  const absolute = resolve(context.directory);
  const kind = kindOf(absolute);
  if (kind === "directory" && context.options.logDirectories !== undefined) return;
  if (hasStore(context)) return;
  const states = {
    nothing: "it does not exist",
    other: "it is not a directory",
    directory: "there is no store in it",
  };
  throw new CommandError(
    `Cannot open store ${quotePath(absolute)}: ${states[kind]}; name another with --dir, ` +
      "or make one with append --dir",
  );
}

/** Whether there is something of a store in the directory. */
export function hasStore({ directory }: Context): boolean {
  return kindOf(directory) === "directory" &&
    [LOG_FOLDER, ...STORE_SIGNS].some((name) => isThere(join(directory, name)));
}

/**
 * A topic with its queues.
 *
 * @throws {CommandError} If the store does not have it.
 */
export function topicOf(store: Store, name: string): ReturnType<Store["topics"]>[number] {
  const topic = store.topics().find(({ topic }) => topic === name);
  if (topic !== undefined) return topic;
  throw new CommandError(
    `Cannot read topic ${JSON.stringify(name)}: the store does not have it; ` +
      "streambed ls lists what there is",
  );
}

/** Runs `work` with a store that is only read. */
export function withReader<T>(
  context: Context,
  work: (store: Store) => T | Promise<T>,
): Promise<T> {
  return withStore(context, { readOnly: true, create: false }, work);
}

/** What is done with a group, for messages. */
export interface GroupWork {
  /** `"reset group"`. */
  readonly action: string;
  /** Whether it is worth nothing unless the progress gets where a broker looks for it. */
  readonly mustLand: boolean;
  /** Throws what it is refused for. */
  readonly refuse: (store: Store) => unknown;
}

/**
 * Runs `work` with a store whose groups go on, beside a writer too: it is only read, so nothing is
 * locked meanwhile. Where no writer is alive, one comes and goes before and after: so what a crash
 * left is seen, and the progress is where a broker looks for it.
 *
 * @throws {CommandError} If a broker, or another program, has the lock: it takes nothing over.
 */
export async function withGroups<T>(
  context: Context,
  how: GroupWork,
  work: (store: Store) => T | Promise<T>,
): Promise<T> {
  await lookFirst(context, how.refuse);
  return await tellingDeliveries(context, () => betweenWriters(context, how, work));
}

async function betweenWriters<T>(
  context: Context,
  { action, mustLand }: GroupWork,
  work: (store: Store) => T | Promise<T>,
): Promise<T> {
  const hindrance = await settle(context, context.signal);
  if (hindrance !== undefined) {
    if (hindrance.reason === "broker") throw notTakenOver(context, action, hindrance);
    if (mustLand) throw hindrance;
    noteLeft(context, hindrance);
  }
  let isDone = true;
  try {
    return await withReader(context, work);
  } catch (error) {
    isDone = error instanceof InterruptedError || error instanceof ClosedPipeError;
    throw error;
  } finally {
    if (isDone && hindrance === undefined) {
      // Without the signal, which has ended the work and not this.
      const late = await settle(context);
      if (late !== undefined) noteLeft(context, late);
    }
  }
}

/**
 * Opens the store for writing and closes it, which mends what a crash left and writes what groups
 * have read to RocketMQ's file. A writer that is alive does so by itself.
 *
 * @returns What hinders it, if anything does.
 */
async function settle(context: Context, signal?: AbortSignal): Promise<StoreError | undefined> {
  try {
    const open = (work: WorkHow) =>
      openStore(context.directory, { ...work, signal, create: false });
    await (await context.working("open", open)).close();
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (!StoreError.is(error)) throw error;
    return StoreError.is(error, "LOCKED") && error.reason === "writer" ? undefined : error;
  }
}

function noteLeft(context: Context, hindrance: StoreError): void {
  context.note(
    `note: the progress stays in ${CLAIMS_FOLDER} until a writer of Streambed opens the store: ` +
      failureText(hindrance),
  );
}

function notTakenOver(
  { directory }: Context,
  action: string,
  { processId }: StoreError,
): CommandError {
  const holder = processId === undefined ? "another process" : `process ${processId}`;
  return new CommandError(
    `Cannot ${action}: ${holder} holds the lock of store ${quotePath(resolve(directory))} and is ` +
      "no writer of Streambed, so it would not see the progress; stop it first",
  );
}
