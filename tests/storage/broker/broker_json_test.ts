/**
 * The JSON of a broker: read as fastjson writes it, printed so that both releases read it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import {
  type BrokerJson,
  parseBrokerJson,
  printBrokerJson,
  RawNumber,
} from "../../../storage/broker/mod.ts";
import { openGolden } from "../../support/golden.ts";
import { seededRandom } from "../../../harness/support/random.ts";

const BROKERS = ["broker-5.3.3", "broker-5.5.0", "brokerkill-5.3.3", "brokerkill-5.5.0"];

/** Every JSON file of a broker's golden store. */
async function configsOf(name: string): Promise<[name: string, text: string][]> {
  await using golden = await openGolden(name);
  const folder = `${golden.root}/config`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((file) => [file, readFileSync(`${folder}/${file}`, "utf8")]);
}

for (const name of BROKERS) {
  test(`parseBrokerJson() reads every configuration file of ${name}`, async () => {
    const configs = await configsOf(name);
    assert.ok(configs.length >= 5);
    for (const [file, text] of configs) {
      // Files that the broker never had anything for are empty.
      if (text === "") continue;
      const value = parseBrokerJson(text);
      assert.ok(value instanceof Map, file);
      assert.deepEqual(parseBrokerJson(printBrokerJson(value)), value, file);
      // Some files are printed on one line; those that we write are not among them.
      const isPretty = name.endsWith("5.5.0") && text.includes("\n");
      if (isPretty) assert.equal(printBrokerJson(value), text.trimEnd(), file);
    }
  });
}

test("parseBrokerJson() tells bare integer keys from strings, and printBrokerJson() keeps them", () => {
  const value = parseBrokerJson('{"offsetTable":{"T@g":{0:12,"1":7}}}');
  assert.deepEqual(
    value,
    new Map([[
      "offsetTable",
      new Map([["T@g", new Map<string | number, number>([[0, 12], ["1", 7]])]]),
    ]]),
  );
  assert.equal(
    printBrokerJson(value),
    '{\n\t"offsetTable":{\n\t\t"T@g":{\n\t\t\t0:12,\n\t\t\t"1":7\n\t\t}\n\t}\n}',
  );
});

test("parseBrokerJson() makes ordinary keys of names that JavaScript gives a meaning", () => {
  const value = parseBrokerJson('{"__proto__":{"polluted":true},"constructor":1}');
  assert.ok(value instanceof Map);
  assert.deepEqual([...value.keys()], ["__proto__", "constructor"]);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test("parseBrokerJson() keeps numbers that no number holds", () => {
  const text = '{\n\t"a":9223372036854775807,\n\t"b":-1.50,\n\t"c":1e3,\n\t"d":-3\n}';
  const value = parseBrokerJson(text);
  assert.ok(value instanceof Map);
  assert.deepEqual(value.get("a"), new RawNumber("9223372036854775807"));
  assert.equal(value.get("d"), -3);
  assert.equal(printBrokerJson(value), text);
});

test("parseBrokerJson() reads everything that JSON allows", () => {
  for (
    const value of [
      null,
      true,
      false,
      0,
      -1,
      "",
      'a"\\\n\u2028é🏷',
      [],
      [1, [2, []], "x"],
    ]
  ) {
    assert.deepEqual(parseBrokerJson(JSON.stringify(value)), value);
    assert.deepEqual(parseBrokerJson(` ${JSON.stringify(value, undefined, 2)}\r\n`), value);
    assert.deepEqual(parseBrokerJson(printBrokerJson(value as BrokerJson)), value);
  }
  assert.deepEqual(parseBrokerJson("{}"), new Map());
  assert.equal(printBrokerJson(new Map()), "{}");
});

test("parseBrokerJson() refuses what is no JSON, whatever it is", () => {
  const wrong = [
    '{"a":1,"a":2}',
    '{0:1,"0":2}',
    '{"0":1,0:2}',
    "",
    " ",
    "{",
    "}",
    "[1",
    "[1,]",
    "{,}",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    "{a:1}",
  ];
  wrong.push(
    "{1.5:2}",
    "{99999999999999999999:1}",
    "nul",
    '"a',
    '"\\x"',
    '"\u0001"',
    "01",
    "1 2",
    "[]]",
  );
  wrong.push("[".repeat(100_000), "'a'", "NaN", "--1", '{"a":1 "b":2}');
  for (const text of wrong) {
    assert.throws(() => parseBrokerJson(text), SyntaxError, text.slice(0, 20));
  }
});

test("parseBrokerJson() fails with a SyntaxError or not at all, for any text", () => {
  const random = seededRandom(11);
  const good =
    '{"dataVersion":{"counter":5},"offsetTable":{"T@g":{0:12,1:7}},"x":[true,null,"\\u0041"]}';
  for (let round = 0; round < 3000; round++) {
    const characters = [...good];
    for (let harm = random.next(4); harm >= 0; harm--) {
      const at = random.next(characters.length);
      characters.splice(at, random.next(3), random.pick([...'{}[]:,"\\01e-. \tn']));
    }
    try {
      const value = parseBrokerJson(characters.join(""));
      assert.deepEqual(parseBrokerJson(printBrokerJson(value)), value);
    } catch (error) {
      assert.ok(error instanceof SyntaxError, `${error}`);
      assert.match(error.message, /^Cannot parse broker's JSON: it .* at character \d+$/);
    }
  }
});
