/**
 * Bytes that somebody chose, not chance: declared errors or right answers, and always an end.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RECORD_PREFIX, sealRecord } from "../../storage/layout/mod.ts";
import { openStoreIn } from "../../storage/mod.ts";
import { seededRandom } from "../../harness/support/random.ts";
import { askAll } from "../../harness/content/answers.ts";
import type { Verdict } from "../../harness/content/judge.ts";
import { buildScene, SCENE_NAMES, SCENE_OPTIONS } from "../../harness/content/scenes.ts";
import { memoryPlace, Trial } from "../../harness/content/trial.ts";

const SEED = 20261122;
const SEGMENT = "commitlog/00000000000000000000";
const INTERESTING = [0, 1, -1, 0x7f, 0xff, 0x7fff, 0x8000, 0x7fffffff, -0x80000000, 8, 88, 4096];
/** What chosen bytes may not lead to, whatever they say. */
const NEVER: readonly Verdict[] = ["crash", "hang"];

test("openStore() ends with a declared error or an answer for records with chosen fields", async () => {
  const random = seededRandom(SEED);
  for (const name of SCENE_NAMES) {
    const trial = await Trial.of(await buildScene(name));
    const whole = trial.scene.content.get(SEGMENT)!;
    const starts = startsOf(whole);
    for (let round = 0; round < 250; round++) {
      const bytes = whole.slice();
      const view = new DataView(bytes.buffer);
      const number = random.next(starts.length - 1);
      const [start, end] = [starts[number], starts[number + 1]];
      for (let harm = random.next(3); harm >= 0; harm--) {
        const at = random.chance(2)
          ? start + random.pick(Object.values(RECORD_PREFIX.offsets))
          : start + random.next(end - start - 4);
        if (random.chance(4)) view.setInt16(at, random.pick(INTERESTING));
        else view.setInt32(at, random.pick(INTERESTING));
      }
      // Half of them as somebody would forge them: with the checksum that fits.
      if (random.chance(2)) sealRecord(view, start, end);
      const content = new Map(trial.scene.content).set(SEGMENT, bytes);
      for (const mode of ["read", "write"] as const) {
        const { verdict, detail } = await trial[mode](SEGMENT, memoryPlace(trial.scene, content));
        assert.ok(
          !NEVER.includes(verdict),
          `seed ${SEED} round ${round} ${name} ${mode}: ${detail}`,
        );
      }
    }
  }
});

/** Where the records of a segment start, and where the last of them ends. */
function startsOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = [0];
  for (let at = 0; at + 8 < bytes.length;) {
    const byteLength = view.getInt32(at);
    if (byteLength <= 0 || at + byteLength >= bytes.length - 8) break;
    starts.push(at += byteLength);
  }
  assert.ok(starts.length > 5);
  return starts;
}

const DEEP = 100_000;
const HOSTILE_JSON: Readonly<Record<string, string>> = {
  "nothing": "",
  "a number": "12",
  "a list": "[]",
  "null": "null",
  "deep lists": "[".repeat(DEEP) + "]".repeat(DEEP),
  "deep objects": '{"a":'.repeat(DEEP) + "1" + "}".repeat(DEEP),
  "an end that is missing": '{"offsetTable":{"Orders@readers":{0:',
  "huge numbers": '{"offsetTable":{"Orders@readers":{0:9223372036854775807,1:1e999,2:-1,3:1.5}}}',
  "a huge exponent": `{"offsetTable":{"Orders@readers":{0:1${"0".repeat(100_000)}}}}`,
  "the same key twice": '{"offsetTable":{"Orders@readers":{0:1,0:2}},"offsetTable":{}}',
  "__proto__": '{"__proto__":{"polluted":1},"offsetTable":{"__proto__":{0:1},"constructor":{0:1}}}',
  "wrong types": '{"offsetTable":[1,"x",null],"topicConfigTable":7,"dataVersion":"no"}',
  "wrong types inside":
    '{"offsetTable":{"Orders@readers":[1]},"topicConfigTable":{"Orders":3,"Bills":null},"dataVersion":{"counter":"x"}}',
  "bad UTF-8": "\ufffd{",
  "a byte order mark": "\ufeff{}",
  "control characters": '{"offsetTable":{"Or\\u0000ders@re\\u001baders":{0:1}}}',
  "keys without an end": `{"${"x".repeat(1_000_000)}":1}`,
};

for (const file of ["config/consumerOffset.json", "config/topics.json"]) {
  test(`openStore() goes on with its messages whatever ${file} says`, async () => {
    const trial = await Trial.of(await buildScene("closed"));
    for (const [what, text] of Object.entries(HOSTILE_JSON)) {
      for (const withBackup of [true, false]) {
        const content = new Map(trial.scene.content).set(file, new TextEncoder().encode(text));
        if (!withBackup) content.delete(`${file}.bak`);
        for (const mode of ["read", "write"] as const) {
          const { verdict, detail } = await trial[mode](file, memoryPlace(trial.scene, content));
          assert.match(
            verdict,
            /^(equal|earlier progress|later progress)$/,
            `${what} ${mode}: ${detail}`,
          );
        }
      }
      assert.equal(Reflect.get({}, "polluted"), undefined);
    }
  });
}

test("openStore() takes files of any other length for what they are", async () => {
  const trial = await Trial.of(await buildScene("closed"));
  for (const [path, whole] of trial.scene.content) {
    for (
      const byteLength of [
        0,
        1,
        7,
        Math.floor(whole.length / 2),
        whole.length - 1,
        whole.length + 1,
      ]
    ) {
      const bytes = new Uint8Array(Math.max(0, byteLength));
      bytes.set(whole.subarray(0, bytes.length));
      const content = new Map(trial.scene.content).set(path, bytes);
      for (const mode of ["read", "write"] as const) {
        const { verdict, detail } = await trial[mode](path, memoryPlace(trial.scene, content));
        const accepted = /^(equal|refused|unlisted|earlier progress)$/;
        assert.match(verdict, accepted, `${path} of ${byteLength} bytes, ${mode}: ${detail}`);
      }
    }
  }
});

test("openStore() does without any one file but a segment", async () => {
  const trial = await Trial.of(await buildScene("closed"));
  for (const path of trial.scene.content.keys()) {
    // Without its first segment a log looks as after retention.
    if (path === SEGMENT) continue;
    const content = new Map(trial.scene.content);
    content.delete(path);
    for (const mode of ["read", "write"] as const) {
      if (path.startsWith("commitlog/")) {
        const { verdict, detail } = await trial[mode](path, memoryPlace(trial.scene, content));
        assert.equal(verdict, "refused", `${path}: ${detail}`);
        continue;
      }
      const { environment, root } = memoryPlace(trial.scene, content);
      const options = { ...SCENE_OPTIONS, readOnly: mode === "read" };
      await using store = await openStoreIn(environment(), root, options);
      const { messages } = await askAll(store);
      assert.deepEqual(messages, trial.expected.messages, `${path} ${mode}`);
    }
  }
});
