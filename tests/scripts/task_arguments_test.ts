/**
 * Every task tells how it is called, and refuses a word that it does not know before it does
 * anything.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const { tasks } = JSON.parse(readFileSync(`${ROOT}deno.json`, "utf8"));
const COMMANDS = Object.entries<string | { command: string }>(tasks)
  .map(([name, task]) => [name, typeof task === "string" ? task : task.command] as const)
  .filter(([, command]) => command.startsWith("deno run -A scripts/"));

async function run(command: string, word: string): Promise<{ code: number; text: string }> {
  const args = [...command.split(" ").slice(1), word];
  args.splice(1, 0, "--no-check");
  const child = new Deno.Command(Deno.execPath(), { args, cwd: ROOT, env: { NO_COLOR: "1" } });
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, text: text.decode(stdout) + text.decode(stderr) };
}

Deno.test("readArguments() is how every task takes its arguments", async (t) => {
  assert.ok(COMMANDS.length > 20, `${COMMANDS.length} tasks`);
  for (const [name, command] of COMMANDS) {
    await t.step(name, async () => {
      const [help, wrong] = await Promise.all([run(command, "--help"), run(command, "--nothing")]);
      assert.equal(help.code, 0, help.text);
      assert.match(help.text, new RegExp(`^deno task ${name.replace(/^sim:.*/, "sim")}\\b`));
      assert.equal(wrong.code, 2, wrong.text);
      assert.match(wrong.text, /^Unknown option '--nothing'/);
      assert.ok(wrong.text.includes(help.text.trim()), wrong.text);
    });
  }
});
