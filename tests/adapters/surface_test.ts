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
import { ADAPTER_DOORS, STORAGE_DOORS } from "../support/public_doors.ts";
import {
  type DocOutput,
  type Members,
  type PublicFunction,
  PublicSurface,
} from "../support/public_surface.ts";
import configuration from "../../deno.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ENTRIES = Object.values(configuration.exports).map((path) => path.replace("./", ""));

/** What takes arguments and has no rows, and why. */
const EXEMPT: Readonly<Record<string, string>> = {
  "Timers.after": "the world's own, handed in by it",
  "Timers.background": "the world's own, handed in by it",
  "node Source.destroy": "an error of any kind, or none",
  portOf: "looks for the port of whatever it is handed",
  "AppendAllResult.at": "as Array.at() does, whatever it is handed",
  "node SinkWriter.write": "hands both on to writev()",
  "node SinkWriter.fail": "a reason of any kind, or none",
};

const DOORS = { ...STORAGE_DOORS, ...ADAPTER_DOORS };

async function publicFunctions(): Promise<PublicFunction[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...ENTRIES],
    cwd: ROOT,
    stderr: "piped",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const { nodes }: DocOutput = JSON.parse(new TextDecoder().decode(stdout));
  const symbols = (entry: string) =>
    Object.entries(nodes).find(([url]) => url.endsWith(`/${entry}`))![1].symbols;
  const main = new PublicSurface(
    ENTRIES.filter((entry) => !entry.includes("node")).flatMap(symbols)
      .filter(({ declarations }) => declarations.at(-1)!.kind !== "reference"),
    "",
  );
  const node = new PublicSurface(symbols("adapters/node/mod.ts"), "node ", main);
  return [...main.functions(), ...node.functions()];
}

const functions = await publicFunctions();

test("every public function that takes arguments is in the table", () => {
  const names = functions.map(({ name }) => name).filter((name) => !Object.hasOwn(EXEMPT, name));
  assert.deepEqual([...new Set(names)].sort(), Object.keys(DOORS).sort());
  for (const name of Object.keys(EXEMPT)) {
    assert.ok(functions.some((one) => one.name === name), `${name} is not there any more`);
  }
});

for (const { name, parameters } of functions) {
  const door = Object.hasOwn(DOORS, name) ? DOORS[name] : undefined;
  if (door === undefined) continue;
  test(`the table has the arguments and options of ${name}, with their defaults`, () => {
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
