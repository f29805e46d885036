/**
 * The parts of the command line that need no process.
 *
 * @module
 */
import assert from "node:assert/strict";
import { RecordSplitter } from "../../adapters/core/mod.ts";
import { test } from "node:test";
import { unescape, wholeNumber } from "../../cli/arguments.ts";
import { CommandError, UsageError } from "../../cli/cli_error.ts";
import { makePrinter } from "../../cli/format.ts";
import { parseMessage } from "../../cli/message_input.ts";
import { Output } from "../../cli/output.ts";
import { lengthText, nameText, printable, timeText } from "../../cli/text.ts";
import { parseTime, parseWhere, TIME_HELP } from "../../cli/where.ts";
import type { StoredMessage } from "../../storage/mod.ts";
import { seededRandom } from "../../harness/support/random.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

test("printable() escapes what would rewrite a terminal or turn its text round", () => {
  assert.equal(
    printable("a\x1b[31mb\r\x07\u202ec\u200b"),
    "a\\u001b[31mb\\u000d\\u0007\\u202ec\\u200b",
  );
  assert.equal(printable("a\nb\tc", "\n"), "a\nb\\u0009c");
  assert.equal(printable("Thẻ-标签-🏷"), "Thẻ-标签-🏷");
});

test("nameText() quotes what is not plain", () => {
  assert.equal(nameText("TopicA/0"), "TopicA/0");
  assert.equal(nameText("a b\x1b"), '"a b\\u001b"');
});

test("timeText() and lengthText() take any number", () => {
  assert.equal(timeText(0), "1970-01-01T00:00:00.000Z");
  assert.equal(timeText(2 ** 53), String(2 ** 53));
  assert.deepEqual([0, 1023, 1024, 1536, 128 * 1024 ** 2, 10 ** 13].map(lengthText), [
    "0 bytes",
    "1023 bytes",
    "1 KiB",
    "1.50 KiB",
    "128 MiB",
    "9.09 TiB",
  ]);
});

test("wholeNumber() refuses what is no whole number in its range", () => {
  const parse = wholeNumber("a limit", 1, 10);
  assert.equal(parse("10"), 10);
  assert.equal(parse("1"), 1);
  for (const text of ["0", "11", "1.5", "1e1", "", "x", "0x2"]) {
    assert.throws(() => parse(text), UsageError, text);
  }
});

test("unescape() knows its escapes and no others", () => {
  assert.equal(unescape("a\\n\\t\\r\\0\\\\\\x41"), "a\n\t\r\0\\A");
  assert.throws(() => unescape("\\q"), UsageError);
  assert.throws(() => unescape("\\"), UsageError);
});

test("parseWhere() and parseTime() read every form of a place", () => {
  assert.deepEqual(parseWhere("earliest"), { from: "earliest" });
  assert.deepEqual(parseWhere("latest"), { from: "latest" });
  assert.deepEqual(parseWhere("42"), { from: 42 });
  assert.deepEqual(parseWhere("-3"), { from: { last: 3 } });
  const ms = Date.UTC(2026, 10, 22, 1, 2, 3, 400);
  for (const text of [`${ms}ms`, "2026-11-22T01:02:03.400Z", "2026-11-22 02:02:03.4+01:00"]) {
    assert.deepEqual(parseWhere(text), { since: ms }, text);
  }
  assert.equal(parseTime("1700000000s"), 1_700_000_000_000);
  assert.equal(parseTime("2026-11-22"), Date.UTC(2026, 10, 22));
  const local = new Date(2026, 10, 21, 23, 39, 26, 6).getTime();
  for (const text of ["2026-11-21#23:39:26:006", "2026-11-21T23:39:26.006"]) {
    assert.deepEqual([parseTime(text), parseWhere(text)], [local, { since: local }], text);
  }
  assert.equal(parseTime(`${ms}`), ms);
  assert.deepEqual(parseWhere(`${ms}`), { from: ms }, "an offset");
  assert.match(TIME_HELP, /local unless it has a zone/);
  for (
    const text of [
      "",
      "yesterday",
      "2026-11-21#23:39:26",
      "2026-13-45T99:00Z",
      "99999999999999999999",
      "5m",
    ]
  ) {
    assert.throws(() => parseWhere(text), UsageError, text);
  }
});

test("RecordSplitter cuts at every delimiter, however the bytes arrive", () => {
  const random = seededRandom(77);
  for (const delimiter of ["\n", "\r\n", "aab", "\0"]) {
    const alphabet = [...new Set(`${delimiter}xa`)];
    const text = Array.from({ length: 400 }, () => random.pick(alphabet)).join("");
    const expected = text.split(delimiter);
    if (expected.at(-1) === "") expected.pop();
    for (let round = 0; round < 20; round++) {
      const splitter = new RecordSplitter(encoder.encode(delimiter));
      const records: string[] = [];
      let rest = encoder.encode(text);
      while (rest.length > 0) {
        const length = 1 + random.next(Math.min(rest.length, 9));
        for (const record of splitter.push(rest.slice(0, length))) {
          records.push(decoder.decode(record));
        }
        rest = rest.slice(length);
      }
      const last = splitter.end();
      if (last !== undefined) records.push(decoder.decode(last));
      assert.deepEqual(records, expected);
    }
  }
});

const MESSAGE = {
  topic: "t",
  queueId: 3,
  offset: 7,
  position: 900,
  byteLength: 150,
  storeTimestamp: 5,
  bornTimestamp: 4,
  sysFlag: 0,
  flag: 0,
  tags: undefined,
  keys: ["a", "b"],
  properties: new Map([["KEYS", "a b"]]),
  body: encoder.encode("x\x1b[2J\n"),
} as unknown as StoredMessage;

function printed(
  how: Parameters<typeof makePrinter>[1],
  onTerminal: boolean,
  columnCount: number = Infinity,
): string {
  const parts: string[] = [];
  const output = new Output();
  output.write = (data) => void parts.push(typeof data === "string" ? data : decoder.decode(data));
  makePrinter({ output, onTerminal, columnCount, options: {}, noteCompressed() {} }, how)(MESSAGE);
  return parts.join("");
}

test("makePrinter() prints bodies as they are, but not to a terminal", () => {
  assert.equal(printed({}, false), "x\x1b[2J\n\n");
  assert.equal(printed({}, true), "x\\u001b[2J\n\n");
});

test("makePrinter() knows the tokens of a format", () => {
  const format = "%t/%p@%o %P [%k] <%a> %S %T %B %h %%\\t\\x2e\\n";
  assert.equal(printed({ format }, false), "t/3@7 900 [a b] <> 6 5 4 KEYS=a b %\t.\n");
  assert.throws(() => printed({ format: "%q" }, false), UsageError);
  assert.throws(() => printed({ format: "50%" }, false), UsageError);
});

test("makePrinter() never prints a raw control character in words", () => {
  assert.equal(printed({ long: true }, false).includes("\x1b"), false);
});

test("parseMessage() reads what cat --json printed, without what the store writes itself", () => {
  const line = JSON.stringify({
    topic: "other",
    queueId: 2,
    offset: 9,
    position: 1,
    tags: null,
    keys: ["k"],
    properties: { KEYS: "k", "__CRC32#": "0000000000", own: "1", __proto__x: "2" },
    bodyBase64: "/wA=",
  });
  const message = parseMessage(encoder.encode(line), 1, { topic: "t", tags: "T", queueId: 1 });
  assert.equal(message.topic, "other");
  assert.equal(message.queueId, 2);
  assert.equal(message.tags, "T");
  assert.deepEqual(message.keys, ["k"]);
  assert.deepEqual(message.body, new Uint8Array([0xff, 0]));
  assert.deepEqual([...message.properties as Map<string, string>], [["own", "1"], [
    "__proto__x",
    "2",
  ]]);
});

test("parseMessage() says which line is no message, and why", () => {
  const lines: readonly (readonly [string, RegExp])[] = [
    ["{", /line 4: it is no JSON/],
    ['{"body":"x","delay":5}', /line 4: delay is not a field of a message; did you mean delayMs\?/],
    ['{"body":"x","colour":5}', /line 4: "colour" is not a field of a message; there are topic, /],
    ["[]", /no object/],
    ["{}", /needs a string body/],
    ['{"body":"a","bodyBase64":"YQ=="}', /needs a string body/],
    ['{"bodyBase64":"?"}', /no base64/],
    ['{"body":"a","tags":1}', /tags is no string/],
    ['{"body":"a","keys":[1]}', /keys are neither/],
    ['{"body":"a","queueId":"1"}', /queueId is no number/],
    ['{"body":"a","properties":{"x":1}}', /property "x" is no string/],
    ['{"body":"a","properties":[]}', /properties are no object/],
  ];
  for (const [line, expected] of lines) {
    assert.throws(
      () => parseMessage(encoder.encode(line), 4, { topic: "t" }),
      (error) => error instanceof CommandError && expected.test(error.message),
      line,
    );
  }
});
