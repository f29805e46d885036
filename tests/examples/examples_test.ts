/**
 * The examples of `examples/`, on Deno and on Node: what they print, what is in their stores, and
 * what is left when they are killed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../support/examples.ts";
import { brokerToNdjson } from "./broker_to_ndjson.ts";
import { container } from "./container.ts";
import { eraseAPerson } from "./erase_a_person.ts";
import { exactlyOnceJob } from "./exactly_once_job.ts";
import { httpIngest } from "./http_ingest.ts";
import { exampleNames, readIndex, readPage } from "./page.ts";
import { retentionAndReplay } from "./retention_and_replay.ts";
import { retryAndDeadLetter } from "./retry_and_dead_letter.ts";
import { makeStage, type Scene } from "./stage.ts";
import { tailFile } from "./tail_file.ts";
import { twoProcesses } from "./two_processes.ts";
import { typedTopic } from "./typed_topic.ts";

const SCENES: Readonly<Record<string, Scene>> = {
  "broker-to-ndjson": brokerToNdjson,
  "container": container,
  "erase-a-person": eraseAPerson,
  "exactly-once-job": exactlyOnceJob,
  "http-ingest": httpIngest,
  "retention-and-replay": retentionAndReplay,
  "retry-and-dead-letter": retryAndDeadLetter,
  "tail-file": tailFile,
  "two-processes": twoProcesses,
  "typed-topic": typedTopic,
};

Deno.test("the examples do what their pages say, on Deno and on Node", async (t) => {
  await using stage = await makeStage();
  for (const [name, scene] of Object.entries(SCENES)) {
    for (const runtime of stage.runtimes) {
      await t.step(`${name} on ${runtime}`, () => stage.play(name, runtime, scene));
    }
  }
});

Deno.test("every example is tested, has a page and is in the list of them", async () => {
  const names = await exampleNames();
  assert.deepEqual(Object.keys(SCENES), names);
  const listed = [...(await readIndex()).matchAll(/^\| \[`([\w-]+)`\]\(\1\/\)/gm)];
  assert.deepEqual(listed.map(([, name]) => name).sort(), names);
});

Deno.test("the page of an example runs each of its programs, on Deno and on Node alike", async () => {
  for (const name of await exampleNames()) {
    const { denoCommands, nodeCommands } = await readPage(name);
    assert.deepEqual(nodeCommands, denoCommands, name);
    const run = new Set(denoCommands.map((command) => command.split(" ", 1)[0]));
    const files = await readdir(join(ROOT, "examples", name));
    assert.deepEqual([...run].sort(), files.filter((file) => file.endsWith(".ts")).sort(), name);
  }
});
