/**
 * What `append` does not take messages for: queues and topics that a slip would make or spoil.
 *
 * Tests: `cli/new_messages.ts`, `topics_file.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../storage/mod.ts";
import { openGolden } from "../support/golden.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { runCli } from "./cli_child.ts";
import { said } from "./said.ts";

/** `TopicA` as the broker's file has it. */
function topicA(root: string): string | undefined {
  const text = readFileSync(join(root, "config/topics.json"), "utf8");
  return /"TopicA":\{[^}]*\}?[^}]*\}/.exec(text)?.[0];
}

test("streambed append refuses a queue that a broker's topic does not have, unless told", async () => {
  await using golden = await openGolden("broker-5.3.3");
  const append = ["append", "TopicA", "-d", golden.root, "-q"];
  const before = topicA(golden.root);
  const told = (what: string, id: number) =>
    `streambed: Cannot append${what} to queue ${id} of topic "TopicA": it has queues 0 to 1; name ` +
    "one of them, or say --new-queue to give it more\n";
  const byOption = await runCli([...append, "--queue", "99"], { input: "ham\n" });
  assert.deepEqual([byOption.code, byOption.err], [1, told("", 99)]);
  const lines = '{"body":"ham","queueId":1}\n{"body":"ham","queueId":2}\n';
  const byLine = await runCli([...append, "--json", "--acks"], { input: lines });
  assert.deepEqual([byLine.code, byLine.err], [1, told(" line 2", 2)]);
  assert.match(byLine.out, /^\{"topic":"TopicA","queueId":1,[^\n]*\n$/);
  assert.equal(topicA(golden.root), before);

  const wanted = await runCli([...append, "--queue", "2", "--new-queue"], { input: "ham\n" });
  assert.deepEqual([wanted.code, wanted.err], [0, ""]);
  assert.match(topicA(golden.root) ?? "", /"writeQueueNums":\s*3/);
});

test("streambed append takes any queue of a topic that is new", async () => {
  await using dir = await temporaryDirectory();
  const append = ["append", "t", "-d", dir.path, "--json", "-q"];
  const input = '{"body":"ham","queueId":1}\n{"body":"ham","queueId":5}\n';
  const { code, err } = await runCli(append, { input });
  assert.deepEqual([code, err], [0, ""]);
});

test("streambed append refuses topics in which a broker or Streambed keeps its own", async () => {
  await using dir = await temporaryDirectory();
  {
    await using _ = await openStore(dir.path);
  }
  const reserved = {
    "SCHEDULE_TOPIC_XXXX": /a broker writes it itself/,
    "RMQ_SYS_TRANS_HALF_TOPIC": /a broker writes it itself/,
    "OFFSET_MOVED_EVENT": /a broker writes it itself/,
    "rmq_sys_wheel_timer": /a broker writes it itself, .*; append to the topic that the messages/,
    "%RETRY%G": /it holds what a group has sent back; append to the topic that the group reads/,
    "%DLQ%G": /it holds what a group has sent back/,
    "%LMQ%a": /it is a light queue/,
    "STREAMBED_DELIVERY": /Streambed keeps there how far it has got/,
  };
  for (const [topic, told] of Object.entries(reserved)) {
    const [code, text] = await said(["-d", dir.path, "append", topic]);
    assert.equal(code, 1, topic);
    assert.ok(text.startsWith(`streambed: Cannot append to topic "${topic}": `), text);
    assert.match(text, told);
  }
  const line = '{"topic":"%RETRY%G","body":"ham"}\n';
  const { code, err } = await runCli(["append", "t", "--json", "-d", dir.path], { input: line });
  assert.deepEqual([code, /^streambed: Cannot append line 1 to topic "%RETRY%G": /.test(err)], [
    1,
    true,
  ]);
});
