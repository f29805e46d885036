/**
 * A place that a broken promise was told with is repeated, and one that is not there is refused.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const SIM = fileURLToPath(new URL("../../scripts/sim.ts", import.meta.url));

async function repeat(place: string, jobs: number): Promise<{ code: number; text: string }> {
  const words = ["--seeds", "1..3", "--place", place, "--jobs", `${jobs}`];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SIM, ...words],
  });
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, text: text.decode(stdout) + text.decode(stderr) };
}

Deno.test("deno task sim --place repeats one history, in as many processes as it is told", async () => {
  for (const jobs of [1, 2]) {
    const { code, text } = await repeat("seed 2", jobs);
    assert.equal(code, 0, text);
    assert.match(text, /^1 histories/m);
  }
});

Deno.test("deno task sim --place refuses a place that the explorer does not come to", async () => {
  const { code, text } = await repeat("seed 4", 1);
  assert.equal(code, 2, text);
  assert.match(text, /^Cannot repeat "seed 4": .* give the arguments that told it/);
  assert.doesNotMatch(text, /\bat file:/, "a stack");
});
