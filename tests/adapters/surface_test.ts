/**
 * The table of arguments beside the public surface, as `deno doc` sees it: nothing is public that
 * is not in the table, and the defaults of both agree. Adapters have that tested by a test of
 * their own.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { RUN_DOOR } from "../../cli/program.ts";
import {
  CLAIM_DOORS,
  OPEN_STORE_DOOR,
  PORT_DOORS,
  QUEUE_DOORS,
  STORE_DOORS,
} from "../../storage/arguments/mod.ts";
import { type Doors, testPublicRows } from "../support/public_calls.ts";
import { publicFunctions } from "../support/public_surface.ts";

testPublicRows("storage", () => ({
  openStore: OPEN_STORE_DOOR,
  ...methods("Store", STORE_DOORS),
  ...methods("StorePort", PORT_DOORS),
  ...methods("Queue", QUEUE_DOORS),
  ...methods("GroupClaim", CLAIM_DOORS),
}), {
  "Timers.after": "the world's own, handed in by it",
  "Timers.background": "the world's own, handed in by it",
  portOf: "looks for the port of whatever it is handed",
  "AppendAllResult.at": "as Array.at() does, whatever it is handed",
});

testPublicRows("cli", () => ({ run: RUN_DOOR }));

Deno.test("every adapter that makes functions public has its arguments tested", async () => {
  const rooms = new Set((await publicFunctions()).map(({ room }) => room));
  const adapters = [...rooms].filter((room) => room !== "storage" && room !== "cli");
  const untested = adapters.filter((adapter) => !isTested(adapter));
  assert.deepEqual(untested, [], "testPublicCalls() is called by no test of theirs");
});

/** Whether a test of an adapter goes through what it makes public. */
function isTested(adapter: string): boolean {
  const folder = new URL(`${adapter}/`, import.meta.url);
  const tests = readdirSync(folder).filter((name) => name.endsWith("_test.ts"));
  return tests.some((name) =>
    readFileSync(new URL(name, folder), "utf8").includes(`\ntestPublicCalls("${adapter}", `)
  );
}

function methods(owner: string, doors: object): Doors {
  const named = Object.entries(doors).map(([name, door]) => [`${owner}.${name}`, door]);
  return Object.fromEntries(named);
}
