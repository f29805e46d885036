/**
 * Tests of what a room of the library makes public: every wrong argument is refused, and the table
 * of arguments says the same as the documentation.
 *
 * @module
 */
import assert from "node:assert/strict";
import { versions } from "node:process";
import { test } from "node:test";
import type { AnyRule } from "../../storage/arguments/mod.ts";
import { innerPortOf, openStore, type Store } from "../../storage/mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { type Members, publicFunctions } from "./public_surface.ts";
import { type Call, refuseAll } from "./refusals.ts";
import { SMALL_FILES } from "./test_store.ts";

/** Rows by the name of the function; of methods, by class and method. */
export type Doors = Readonly<Record<string, Call["door"]>>;

/** Public functions that take arguments and have no rows, and why. */
export type Exempt = Readonly<Record<string, string>>;

/** Rows of a function, what is called, and right arguments for it. */
export type PublicCall = readonly [door: Call["door"], make: Call["make"], ...args: unknown[]];

/** What is public of an adapter and takes arguments, by name as {@linkcode Doors}. */
export type PublicCalls = Readonly<Record<string, PublicCall>>;

/**
 * Tests all that an adapter makes public and that takes arguments.
 *
 * @param adapter Name of its folder.
 * @param calls Gives a right call of each; topic `orders` of the store has one message, of tag `t`.
 * @param exempt What takes arguments and has no rows.
 */
export function testPublicCalls(
  adapter: string,
  calls: (store: Store) => PublicCalls | Promise<PublicCalls>,
  exempt: Exempt = {},
): void {
  test(`what is public of ${adapter} refuses every wrong argument and option before anything is done`, async () => {
    await using temporary = await storeWithOrder();
    const { store } = temporary;
    const all = Object.entries(await calls(store));
    for (const [name, call] of all) await assertAllRefused(store, name, call);
    // Nobody was left behind who holds the group's queue, or a job's name.
    innerPortOf(store).claim({ group: "billing", topic: "orders", queueId: 0 }).release();
    for (const [_name, [_door, make, ...args]] of all) await make(...args as never[]);
  });

  testPublicRows(adapter, async () => {
    await using temporary = await storeWithOrder();
    const all = Object.entries(await calls(temporary.store));
    return Object.fromEntries(all.map(([name, [door]]) => [name, door]));
  }, exempt);
}

/** Tests that a room's rows are those of its documentation, where that can be read. */
export function testPublicRows(
  room: string,
  doors: () => Doors | Promise<Doors>,
  exempt: Exempt = {},
): void {
  if (versions.deno === undefined) return;
  test(`the table has all that is public of ${room}, with its options and their defaults`, async () => {
    const rows = await doors();
    const functions = (await publicFunctions()).filter((one) => one.room === room);
    const names = new Set(functions.map(({ name }) => name));
    assert.deepEqual([...names].sort(), [...Object.keys(rows), ...Object.keys(exempt)].sort());
    for (const { name, parameters } of functions) {
      if (Object.hasOwn(exempt, name)) continue;
      const { names, rules } = rows[name];
      assert.deepEqual(names, parameters.map((parameter) => parameter.name), name);
      for (const [index, { members }] of parameters.entries()) {
        assertSame((rules as readonly AnyRule[])[index], members, name);
      }
    }
  });
}

/** Asserts that every wrong argument is refused, and that nothing in the store changes by it. */
export async function assertAllRefused(
  store: Store,
  name: string,
  [door, make, ...args]: PublicCall,
): Promise<void> {
  const look = () => JSON.stringify([store.info.writtenPosition, store.topics(), store.groups()]);
  const before = look();
  const count = await refuseAll({ door, args, make }, (label) => {
    assert.equal(look(), before, `${name}: ${label} has changed the store`);
  });
  assert.ok(count > 5, `${name}: ${count}`);
}

async function storeWithOrder(): Promise<AsyncDisposable & { readonly store: Store }> {
  const directory = await temporaryDirectory();
  const store = await openStore(directory.path, SMALL_FILES);
  await store.append({ topic: "orders", body: "one", tags: "t" });
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Asserts that a bag has the members that are public, and the bags among them theirs. */
function assertSame(rule: AnyRule, members: Members, name: string): void {
  const bag = rule.kind === "either" ? rule.of.find(({ kind }) => kind === "bag") : rule;
  if (bag?.kind !== "bag") return;
  assert.ok(members.size > 0, `${name} has options that have no members`);
  assert.deepEqual([...bag.names].sort(), [...members.keys()].sort(), name);
  for (const [member, { told, members: inner }] of members) {
    const one: AnyRule = bag.members[member];
    assert.equal(JSON.stringify(one.fallback), told, `${name}: default of ${member}`);
    assertSame(one, inner, `${name}: ${member}`);
  }
}
