/**
 * `examples/broker-to-ndjson`: the directory of a broker, by the program and by `streambed export`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runCli } from "../cli/cli_child.ts";
import { expectedMessages, extractGolden, readManifest } from "../support/golden.ts";
import type { Example } from "./stage.ts";

const GOLDEN = "broker-5.5.0";

/** Plays the scene. */
export async function brokerToNdjson(example: Example): Promise<void> {
  const root = await extractGolden(GOLDEN, example.directory);
  const lines = (await example.run("main.ts", root)).map((line) => JSON.parse(line));
  const { queues } = expectedMessages(await readManifest(GOLDEN));
  const expected = queues.flatMap(({ topic, queueId, messages }) =>
    messages.map(({ offset, storeTimestamp }) => {
      return [topic, queueId, offset, new Date(storeTimestamp).toISOString()];
    })
  );
  assert.deepEqual(lines.map((line) => Object.values(line).slice(0, 4)), expected);

  const { code, out, err } = await runCli(["--dir", root, "--quiet", "export"]);
  assert.equal(code, 0, err);
  const exported = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  for (const [at, { storedAt: _, ...line }] of lines.entries()) {
    assert.deepEqual({ ...exported[at], ...line }, exported[at], "what both tell is the same");
  }
  assert.equal(exported.length, lines.length);

  const some = await example.run("main.ts", root, "TopicX", "TopicZ");
  assert.deepEqual(
    some.map((line) => JSON.parse(line)),
    lines.filter(({ topic }) => topic === "TopicX" || topic === "TopicZ"),
  );
}
