/**
 * Every public function and method that takes arguments, with its rows of the table of arguments.
 *
 * Those of `adapters/NAME/` stand, each with a right call, in `tests/adapters/NAME/calls.ts`.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs";
import { extname } from "node:path";
import { RUN_DOOR } from "../../cli/program.ts";
import {
  CLAIM_DOORS,
  OPEN_STORE_DOOR,
  PORT_DOORS,
  QUEUE_DOORS,
  STORE_DOORS,
} from "../../storage/arguments/mod.ts";
import type { Store } from "../../storage/mod.ts";
import type { Call } from "./refusals.ts";

/** Rows by the name of the function; of methods, by class and method. */
export type Doors = Readonly<Record<string, Call["door"]>>;

/** Rows of a function, what is called, and right arguments for it. */
export type PublicCall = readonly [door: Call["door"], make: Call["make"], ...args: unknown[]];

/** What `calls.ts` of an adapter exports. */
export interface AdapterCalls {
  /**
   * All that the adapter makes public and that takes arguments.
   *
   * @param store A store with one message in topic `orders`, whose tag is `t`.
   */
  calls(store: Store): Readonly<Record<string, PublicCall>> | Promise<Record<string, PublicCall>>;
  /** Public functions that take arguments and have no rows, and why. */
  readonly EXEMPT?: Readonly<Record<string, string>>;
}

/** What is no adapter's; the tests of the storage and of the command line go through it. */
export const OTHER_DOORS: Readonly<Record<string, Doors>> = {
  storage: {
    openStore: OPEN_STORE_DOOR,
    ...methods("Store", STORE_DOORS),
    ...methods("StorePort", PORT_DOORS),
    ...methods("Queue", QUEUE_DOORS),
    ...methods("GroupClaim", CLAIM_DOORS),
  },
  cli: { run: RUN_DOOR },
};

const ADAPTERS = new URL("../adapters/", import.meta.url);
/** Other runtimes have a copy in which each `x.ts` has an `x.js` beside it. */
const EXTENSION = extname(import.meta.url);

/** What all adapters make public, by the names of their folders. */
export async function adapterCalls(): Promise<[adapter: string, calls: AdapterCalls][]> {
  const folders = readdirSync(ADAPTERS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, file: new URL(`${name}/calls${EXTENSION}`, ADAPTERS) }))
    .filter(({ file }) => existsSync(file));
  return await Promise.all(
    folders.map(async ({ name, file }): Promise<[string, AdapterCalls]> => [
      name,
      await import(file.href),
    ]),
  );
}

function methods(owner: string, doors: object): Doors {
  const named = Object.entries(doors).map(([name, door]) => [`${owner}.${name}`, door]);
  return Object.fromEntries(named);
}
