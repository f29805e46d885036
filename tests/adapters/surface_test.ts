/**
 * The table of arguments beside the public surface, as `deno doc` sees it: nothing is public that
 * is not in the table, and the defaults of both agree.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import type { AnyRule } from "../../storage/arguments/mod.ts";
import { openStore } from "../../storage/mod.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { adapterCalls, type Doors, OTHER_DOORS } from "../support/public_calls.ts";
import { type Members, type PublicFunction, PublicSurface } from "../support/public_surface.ts";
import { SMALL_FILES } from "../support/test_store.ts";
import configuration from "../../deno.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What takes arguments, is no adapter's and has no rows, and why. */
const EXEMPT: Exempt = {
  storage: {
    "Timers.after": "the world's own, handed in by it",
    "Timers.background": "the world's own, handed in by it",
    portOf: "looks for the port of whatever it is handed",
    "AppendAllResult.at": "as Array.at() does, whatever it is handed",
  },
};

type Exempt = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Rows of all rooms, and what has none. */
async function table(): Promise<{ doors: Record<string, Doors>; exempt: Exempt }> {
  await using directory = await temporaryDirectory();
  await using store = await openStore(directory.path, SMALL_FILES);
  await store.append({ topic: "orders", body: "one", tags: "t" });
  const doors: Record<string, Doors> = { ...OTHER_DOORS };
  const exempt: Record<string, Exempt[string]> = { ...EXEMPT };
  for (const [adapter, { calls, EXEMPT = {} }] of await adapterCalls()) {
    const rows = Object.entries(await calls(store)).map(([name, [door]]) => [name, door]);
    doors[adapter] = Object.fromEntries(rows);
    exempt[adapter] = EXEMPT;
  }
  return { doors, exempt };
}

async function publicFunctions(): Promise<PublicFunction[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...Object.values(configuration.exports)],
    cwd: ROOT,
    stderr: "piped",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new PublicSurface(JSON.parse(new TextDecoder().decode(stdout)), ROOT).functions();
}

const functions = await publicFunctions();
const { doors, exempt } = await table();

test("every public function that takes arguments is in the table", () => {
  const named = (rooms: Readonly<Record<string, object>>) =>
    Object.entries(rooms).flatMap(([room, names]) =>
      Object.keys(names).map((name) => `${room}: ${name}`)
    );
  const names = new Set(functions.map(({ room, name }) => `${room}: ${name}`));
  assert.deepEqual([...names].sort(), [...named(doors), ...named(exempt)].sort());
});

for (const { room, name, parameters } of functions) {
  const door = Object.hasOwn(doors[room] ?? {}, name) ? doors[room][name] : undefined;
  if (door === undefined) continue;
  test(`the table has the arguments and options of ${room}: ${name}, with their defaults`, () => {
    assert.deepEqual(door.names, parameters.map((parameter) => parameter.name));
    for (const [index, { members }] of parameters.entries()) {
      assertSame((door.rules as readonly AnyRule[])[index], members, name);
    }
  });
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
