/**
 * The real store in a simulated machine, ready for a test: its time moves when the test says so.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openStoreIn, type OpenStoreOptions, type Store } from "../../../storage/mod.ts";
import type { SimCall, SimHook } from "../machine/hooks.ts";
import { SimDirectory, SimFile } from "../machine/nodes.ts";
import { simEnvironment } from "../machine/sim_environment.ts";
import type { SimKernel } from "../machine/sim_kernel.ts";
import { boot, DIRECTORY, type SimUser } from "../machine/sim_machine.ts";
import { mergeOptions } from "../../support/store_options.ts";

/** Length of a segment, bytes. */
export const SIM_SEGMENT = 4096;

/** Small files, and a housekeeper that is often at work. */
export const SIM_OPTIONS: OpenStoreOptions = {
  geometry: {
    segmentByteLength: SIM_SEGMENT,
    queueEntryCount: 4,
    indexSlotCount: 8,
    indexEntryCount: 12,
  },
  tuning: { flushIntervalMs: 20, flushThoroughIntervalMs: 60 },
};

/** A body of which a segment holds few. */
export const SIM_BODY: Uint8Array = new Uint8Array(300);

/** A process that has the store open. */
export interface SimLife {
  /** The process. */
  readonly user: SimUser;
  /** The open store. */
  readonly store: Store;
  /** Runs the machine until a promise settles. */
  settle<T>(work: Promise<T>): Promise<T>;
  /** Appends a message of {@linkcode SIM_BODY} with the key `k`, and gives its position. */
  append(topic?: string): Promise<number>;
}

/**
 * Opens the store of a machine in a process of its own.
 *
 * @param kernel The machine.
 * @param options What differs from {@linkcode SIM_OPTIONS}.
 * @returns The process.
 */
export async function openSimStore(
  kernel: SimKernel,
  options: OpenStoreOptions = {},
): Promise<SimLife> {
  const user = boot(kernel);
  const settle = <T>(work: Promise<T>) => kernel.scheduler.settle(work, user.process);
  const all = mergeOptions(SIM_OPTIONS, options);
  const opening = openStoreIn(simEnvironment(user.process), DIRECTORY, all);
  const store = await settle(opening);
  const append = async (topic = "t") => {
    const { position } = await settle(store.append({ topic, body: SIM_BODY, keys: "k" }));
    return position;
  };
  return { user, store, settle, append };
}

/**
 * Lets one call fail, and all others happen.
 *
 * @param name Its name.
 * @param path What its path is like.
 * @returns The hook.
 */
export function failOnce(name: string | RegExp, path: RegExp): SimHook {
  let isDone = false;
  return (call) => {
    if (isDone || !isCall(call, name, path)) return undefined;
    isDone = true;
    return { fail: "EIO" };
  };
}

/** Whether it is a call of that name on such a path. */
export function isCall(call: SimCall, name: string | RegExp, path: RegExp): boolean {
  const isName = typeof name === "string" ? call.name === name : name.test(call.name);
  return isName && path.test(call.path);
}

/** All files below a folder of the store, with their paths in it. */
export function filesBelow(kernel: SimKernel, folder: string): { name: string; file: SimFile }[] {
  const directory = kernel.lookUp(`${DIRECTORY}/${folder}`);
  assert.ok(directory instanceof SimDirectory);
  return [...directory.entries].flatMap(([name, node]) =>
    node instanceof SimFile
      ? [{ name, file: node }]
      : node instanceof SimDirectory
      ? filesBelow(kernel, `${folder}/${name}`)
      : []
  );
}
