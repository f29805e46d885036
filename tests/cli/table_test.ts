/**
 * Text that fits a terminal, and one line for what is said of many.
 *
 * Tests: `cli/table.ts`, `cli/fold.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { promisify } from "node:util";
import { fold, foldNotes } from "../../cli/fold.ts";
import { cutText, leaveOut, tableLines, widthOf, wrapText } from "../../cli/table.ts";
import { openStore } from "../../storage/mod.ts";
import { seededRandom } from "../../harness/support/random.ts";
import { scriptCommand } from "../../harness/support/runtime.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { skipUnless } from "../support/skip.ts";
import { linesOf, objectsOf, PROGRAM, runCli } from "./cli_child.ts";

test("widthOf() counts columns: two for an ideograph or an emoji, none for what is combined", () => {
  const widths = { abc: 3, "标签": 4, "한국": 4, "🎉x": 3, "e\u0301": 1, "🇩🇪": 2, "ｱ": 1, "": 0 };
  for (const [text, width] of Object.entries(widths)) assert.equal(widthOf(text), width, text);
});

test("cutText() leaves what fits, and cuts no character in two", () => {
  assert.equal(cutText("abcdef", 6), "abcdef");
  assert.equal(cutText("abcdef", 5), "abcd…");
  assert.equal(cutText("标签标签", 8), "标签标签");
  assert.equal(cutText("标签标签", 7), "标签标…");
  assert.equal(cutText("标签标签", 6), "标签…");
  assert.equal(cutText("🎉🎉🎉", 4), "🎉…");
  assert.equal(cutText("a标🏷b", 4), "a标…");
  assert.equal(cutText("e\u0301e\u0301e\u0301", 2), "e\u0301…");
  assert.equal(cutText("abc", Infinity), "abc");
});

test("wrapText() breaks at blanks, and no word", () => {
  assert.deepEqual(wrapText("one two three four", 9), ["one two", "three", "four"]);
  assert.deepEqual(wrapText("incomprehensible a b", 5), ["incomprehensible", "a b"]);
  assert.deepEqual(wrapText("one two", Infinity), ["one two"]);
});

test("tableLines() aligns columns and leaves no blanks at the end", () => {
  assert.deepEqual(tableLines([["A", "N", "B"], ["xyz", "7", "q"]], [1]), [
    "A    N  B",
    "xyz  7  q",
  ]);
  assert.deepEqual(tableLines([["A", "N"], ["标签", "7"], ["xyz", "10"]], [1]), [
    "A      N",
    "标签   7",
    "xyz   10",
  ]);
});

test("tableLines() cuts the widest words until rows fit, and never a number", () => {
  const rows = [["NAME", "COUNT", "CAUSE"], ["n".repeat(20), "9".repeat(16), "c".repeat(90)]];
  for (const width of [120, 80, 45]) {
    const lines = tableLines(rows, [1], width);
    for (const line of lines) assert.ok(widthOf(line) <= width, line);
    assert.match(lines[1], / {2}9{16} {2}c+…$/);
    assert.equal(lines[1].includes("n".repeat(20)), width > 45, "the widest first");
  }
  const narrow = tableLines(rows, [1], 10);
  assert.equal(narrow[1], `${"n".repeat(10)}…  ${"9".repeat(16)}  ${"c".repeat(10)}…`);
  assert.deepEqual(tableLines(rows, [1]), tableLines(rows, [1], 1000), "uncut without a width");
});

test("leaveOut() goes without as few columns as fit, in the order said", () => {
  const rows = [["NAME", "A", "B", "WHEN"], ["n".repeat(20), "1234", "5678", "w".repeat(20)]];
  const headOf = (width: number) => {
    const { rows: [head], right } = leaveOut(rows, { right: [1, 2], spare: [3, 1], width });
    return [head.join(" "), right];
  };
  assert.deepEqual(headOf(Infinity), ["NAME A B WHEN", [1, 2]]);
  assert.deepEqual(headOf(36), ["NAME A B WHEN", [1, 2]]);
  assert.deepEqual(headOf(35), ["NAME A B", [1, 2]]);
  assert.deepEqual(headOf(22), ["NAME B", [1]]);
  assert.deepEqual(headOf(1), ["NAME B", [1]], "what is not spare stays");
});

test("tableLines() gives rows of one width, whatever is in them", () => {
  const random = seededRandom(9);
  const pieces = ["a", "标", "🎉", "🏷", "e\u0301", "🇩🇪", "-"];
  const text = () => Array.from({ length: random.next(40) }, () => random.pick(pieces)).join("");
  const rows = Array.from({ length: 50 }, () => [text(), `${random.next(1e9)}`, text(), "|"]);
  for (const width of [60, 90, Infinity]) {
    const ends = tableLines(rows, [1], width).map(widthOf);
    assert.equal(new Set(ends).size, 1, `${width}`);
    assert.ok(ends[0] <= width);
  }
});

test("fold() puts together what differs in names and numbers alone", () => {
  const said = [
    'file "a" has 5 bytes',
    'file "b\\"" has 6 bytes',
    "nothing else",
    'file "c 7" has 70 bytes',
    'file "d" has no bytes',
    'file "e" has 8 bytes',
  ].map((text) => ({ text }));
  const [a, b, c, d, e, f] = said;
  assert.deepEqual(fold(said, ({ text }) => text), [[a, b, d, f], [c], [e]]);
  assert.deepEqual(fold([a, b, d], ({ text }) => text), [[a], [b], [d]], "three are listed");
  const notes = said.map(({ text }) => text);
  assert.deepEqual(foldNotes(notes), [
    `${notes[0]} (the first of 4 such notes; streambed info --json has all)`,
    notes[2],
    notes[4],
  ]);
});

test("streambed verify and doctor say once what holds for many files, and --json has all", async () => {
  await using dir = await temporaryDirectory();
  {
    await using store = await openStore(dir.path, {
      geometry: { segmentByteLength: 65_536, queueEntryCount: 4 },
    });
    const batch = Array.from({ length: 60 }, (_, at) => ({ topic: "t", queueId: at, body: "x" }));
    await store.appendAll(batch, { durability: "committed" });
  }
  const queues = join(dir.path, "consumequeue/t");
  for (const name of readdirSync(queues)) truncateSync(join(queues, name, "0".repeat(20)), 30);
  const [verify, all, doctor, judged, list] = await Promise.all([
    runCli(["verify", "-d", dir.path]),
    runCli(["verify", "-d", dir.path, "--json"]),
    runCli(["doctor", "-d", dir.path]),
    runCli(["doctor", "-d", dir.path, "--json"]),
    runCli(["ls", "-d", dir.path]),
  ]);
  const [{ findings }] = objectsOf(all.out) as { findings: unknown[] }[];
  assert.ok(findings.length >= 60);
  const found = linesOf(verify.out).filter((line) => /^(damage|note): /.test(line));
  assert.ok(found.length < 8, verify.out);
  assert.match(verify.out, /^(damage|note): 60 files, first consumequeue\/t\/\d+[^\n]*: /m);
  for (const [text, command] of [[doctor.out, "doctor"], [list.err, "info"]]) {
    const first = "Queue \\S+ must be rebuilt .*";
    const others = `\\(the first of 60 such notes; streambed ${command} --json has all\\)`;
    assert.match(text, new RegExp(`${first} ${others}`));
    assert.equal(text.match(/must be rebuilt/g)?.length, 1, text);
  }
  const [{ verdicts }] = objectsOf(judged.out) as { verdicts: { value: string }[] }[];
  assert.equal(verdicts.filter(({ value }) => value.includes("must be rebuilt")).length, 60);
});

const hasScript = existsSync("/usr/bin/script");

test(
  "streambed fits what it prints into a terminal, and cuts nothing for a pipe",
  skipUnless(hasScript, "script(1) of util-linux is needed to make a terminal"),
  async () => {
    await using dir = await temporaryDirectory();
    const topic = `long-${"t".repeat(90)}`;
    {
      await using store = await openStore(dir.path, { geometry: { segmentByteLength: 65_536 } });
      await store.append({ topic, body: "标签".repeat(100), tags: "x" });
    }
    const program = `${scriptCommand(PROGRAM).join(" ")} -d ${dir.path} --quiet`;
    const commands = [`${program} ls`, `${program} find ${topic} --tag x`, `${program} get 0`];
    const narrow = [40, 60, 80, 100].map((width) => `stty cols ${width}; ${program} ls`);
    const command = ["stty cols 120", ...commands, ...narrow].join("; ");
    const options = { env: { ...process.env, NO_COLOR: "1" } };
    const run = promisify(execFile);
    const { stdout } = await run("script", ["-qec", command, "/dev/null"], options);
    const [head, row, found, got, ...others] = stdout.split("\r\n");
    for (const line of [head, row, found]) assert.ok(widthOf(line) <= 120, line);
    assert.match(row, /^long-t+… +0 +0 +1 +1 +\d+ bytes {2}20/);
    assert.match(found, /…$/);
    assert.ok(got.endsWith("标签".repeat(100)), "get tells all of it");
    for (const [at, width] of [40, 60, 80, 100].entries()) {
      const lines = others.slice(2 * at, 2 * at + 2);
      for (const line of lines) assert.ok(widthOf(line) <= width, `${width}: ${line}`);
      assert.match(lines[0], /^TOPIC.* QUEUE .*END {2}MESSAGES/);
      assert.equal(lines[0].includes("LAST"), width >= 80, lines[0]);
      assert.match(lines[1], / 0 .* 1 +1( |$)/);
    }
    const piped = await runCli(["ls", "-d", dir.path]);
    assert.ok(piped.out.includes(topic));
  },
);
