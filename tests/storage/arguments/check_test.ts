/**
 * The checker, and what it says.
 *
 * Tests: `members.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import {
  bag,
  boolean,
  checkArgument,
  type Door,
  door,
  either,
  fillOptions,
  GROUP,
  iterable,
  list,
  oneOf,
  required,
  type Rule,
  signal,
  STORE,
  text,
  thing,
  TIME,
  TOPIC,
  TOPIC_ON_DISK,
  wholeNumber,
} from "../../../storage/arguments/mod.ts";
import { nearestName } from "../../../storage/arguments/near.ts";
import { PORT } from "../../../storage/mod.ts";

/** What `import * as` gives looks so. */
const MODULE = Object.defineProperty(
  Object.assign(Object.create(null), { count: 5 }),
  Symbol.toStringTag,
  { value: "Module" },
);

interface Nested {
  readonly maxAgeMs?: number;
}
interface Options {
  readonly count?: number;
  readonly mode?: "fast" | "safe";
  readonly isOn?: boolean;
  readonly nested?: Nested;
  readonly names?: readonly string[];
}

const RULES = bag<Options>({
  count: wholeNumber({ least: 1, most: 9, fallback: 3 }),
  mode: oneOf(["fast", "safe"], "safe"),
  isOn: boolean(true),
  nested: bag<Nested>({ maxAgeMs: wholeNumber() }),
  names: list(text("a name", (name) => name !== "")),
});

function refused(options: unknown): string {
  let error: (Error & { readonly code?: string }) | undefined;
  assert.throws(
    () => checkArgument("do it", "options", RULES, options as Options),
    (thrown: Error) => {
      error = thrown;
      return true;
    },
  );
  return `${error!.name} ${error!.code} ${error!.message}`;
}

test("checkArgument() says what is wrong, where, and what was meant", () => {
  const cases: [unknown, string][] = [
    [
      { count: 0 },
      "RangeError ERR_OUT_OF_RANGE Cannot do it: count is 0, it must be a whole number from 1 to 9",
    ],
    [
      { count: "5" },
      'TypeError ERR_INVALID_ARG_TYPE Cannot do it: count is "5", it must be a whole number from 1 to 9',
    ],
    [
      { count: new Number(5) },
      "TypeError ERR_INVALID_ARG_TYPE Cannot do it: count is an object (Number), it must be a whole number from 1 to 9",
    ],
    [
      { count: null },
      "TypeError ERR_INVALID_ARG_TYPE Cannot do it: count is null, it must be a whole number from 1 to 9",
    ],
    [
      { mode: "Safe" },
      'TypeError ERR_INVALID_ARG_VALUE Cannot do it: mode is "Safe", it must be "fast" or "safe"; did you mean "safe"?',
    ],
    [
      { isOn: 1 },
      "TypeError ERR_INVALID_ARG_TYPE Cannot do it: isOn is 1, it must be true or false",
    ],
    [
      { cuont: 1 },
      "TypeError ERR_INVALID_ARG_VALUE Cannot do it: cuont is not an option; did you mean count?",
    ],
    [
      { zebra: 1 },
      "TypeError ERR_INVALID_ARG_VALUE Cannot do it: zebra is not an option; there are count, mode, isOn, nested, names",
    ],
    [
      { zebra: undefined },
      "TypeError ERR_INVALID_ARG_VALUE Cannot do it: zebra is not an option; there are count, mode, isOn, nested, names",
    ],
    [
      { nested: { maxAge: 1 } },
      "TypeError ERR_INVALID_ARG_VALUE Cannot do it: nested.maxAge is not an option; did you mean maxAgeMs?",
    ],
    [
      { nested: { maxAgeMs: -1 } },
      "RangeError ERR_OUT_OF_RANGE Cannot do it: nested.maxAgeMs is -1, it must be a whole number of 0 or more",
    ],
    [
      { names: ["a", ""] },
      'TypeError ERR_INVALID_ARG_VALUE Cannot do it: names[1] is "", it must be a name',
    ],
    [
      { names: "a" },
      'TypeError ERR_INVALID_ARG_TYPE Cannot do it: names is "a", it must be a list, each item a name',
    ],
    [
      null,
      "TypeError ERR_INVALID_ARG_TYPE Cannot do it: options is null, it must be an object of options",
    ],
    [
      [],
      "TypeError ERR_INVALID_ARG_TYPE Cannot do it: options is an array, it must be an object of options",
    ],
    [
      { "x\n": 1 },
      'TypeError ERR_INVALID_ARG_VALUE Cannot do it: "x\\n" is not an option; there are count, mode, isOn, nested, names',
    ],
  ];
  for (const [options, expected] of cases) assert.equal(refused(options), expected);
});

test("checkArgument() takes what is left out, and what is inherited", () => {
  checkArgument("do it", "options", RULES, undefined);
  checkArgument("do it", "options", RULES, { count: undefined, mode: undefined });
  checkArgument("do it", "options", RULES, Object.create({ count: 1 }));
  checkArgument("do it", "options", RULES, Object.assign(Object.create(null), { count: 1 }));
  assert.match(refused(Object.create({ count: 0 })), /count is 0/);
  assert.match(refused(Object.create({ cuont: 1 })), /did you mean count/);
  assert.match(refused({ constructor: 1 }), /constructor is not an option/);
  class Hidden {
    get count(): number {
      return 0;
    }
  }
  assert.match(refused(new Hidden()), /count is 0/);
  assert.equal(
    refused(new AbortController().signal),
    "TypeError ERR_INVALID_ARG_TYPE Cannot do it: options is an object (AbortSignal), " +
      "it must be an object of options",
  );
});

test("checkArgument() takes an object of any kind whose members are all options", () => {
  class Own {
    count = 5;
  }
  class Said extends Own {
    get isOn(): boolean {
      return true;
    }
    get [Symbol.toStringTag](): string {
      return "Said";
    }
  }
  const taken = [
    {},
    Object.create(null),
    Object.create({}),
    Object.freeze({ count: 5 }),
    Object.defineProperty({}, "count", { value: 5 }),
    Object.create(Object.assign(Object.create(null), { count: 5 })),
    new Proxy({ count: 5 }, {}),
    runInNewContext("({ count: 5, nested: {} })"),
    new Own(),
    new Said(),
    MODULE,
  ];
  for (const options of taken) checkArgument("do it", "options", RULES, options as Options);
});

test("checkArgument() refuses what merely is an object, and says what it is", () => {
  class Empty {}
  class Said {
    get readonly(): boolean {
      return true;
    }
  }
  const type = "TypeError ERR_INVALID_ARG_TYPE Cannot do it:";
  const value = "TypeError ERR_INVALID_ARG_VALUE Cannot do it:";
  const there = "there are count, mode, isOn, nested, names";
  const cases: [unknown, string][] = [
    [
      new Map([["count", 1]]),
      `${type} options is an object (Map), it must be an object of options`,
    ],
    [new Date(0), `${type} options is an object (Date), it must be an object of options`],
    [new String("ab"), `${type} options is an object (String), it must be an object of options`],
    [
      runInNewContext("new Map()"),
      `${type} options is an object (Map), it must be an object of options`,
    ],
    [{ nested: new Map() }, `${type} nested is an object (Map), it must be an object of options`],
    [
      new Empty(),
      `${type} options is an instance of a class that has none of the options; pass a plain object`,
    ],
    [new Said(), `${value} readonly is not an option; ${there}`],
    [{ [Symbol("count")]: 1 }, `${value} Symbol(count) is not an option; ${there}`],
    [{ [Symbol("\n")]: 1 }, `${value} "Symbol(\\n)" is not an option; ${there}`],
    [
      { nested: { [Symbol("s")]: 1 } },
      `${value} nested.Symbol(s) is not an option; there are maxAgeMs`,
    ],
    [
      Object.defineProperty({}, "cuont", {}),
      `${value} cuont is not an option; did you mean count?`,
    ],
  ];
  for (const [options, expected] of cases) assert.equal(refused(options), expected);
  // Which member of a Map comes first, the runtime says.
  assert.match(refused(Object.assign(new Map(), { count: 1 })), /\w+ is not an option/);
});

interface Range {
  readonly from?: number;
  readonly to?: number;
  readonly state: unknown;
}

test("checkArgument() looks at what belongs together, and at what may be nothing but must be said", () => {
  const range = bag<Range>({
    from: wholeNumber(),
    to: wholeNumber(),
    state: required(thing("anything", () => true)),
  }, { order: ["from", "to"] });
  const check = (options: unknown) => checkArgument("do it", "options", range, options as Range);
  for (const pair of [{}, { from: 5 }, { to: 1 }, { from: 5, to: 5 }, { from: 4, to: 5 }]) {
    check({ state: undefined, ...pair });
    check(Object.assign(Object.create({ state: 1 }), pair));
  }
  assert.throws(() => check({ from: 5, to: 1, state: 1 }), {
    name: "RangeError",
    code: "ERR_OUT_OF_RANGE",
    message: "Cannot do it: to is 1, it must not be below from, 5",
  });
  assert.throws(() => check({ from: 5 }), {
    name: "TypeError",
    code: "ERR_INVALID_ARG_TYPE",
    message: "Cannot do it: state is missing; write state: undefined if there is none",
  });
});

test("a row of another type, and one that is missing, do not compile", () => {
  // @ts-expect-error: the word "safe" is missing
  const words: Rule<"fast" | "safe"> = oneOf(["fast"]);
  // @ts-expect-error: there is no such member
  bag<Nested>({ maxAgeMs: wholeNumber(), other: boolean() });
  // @ts-expect-error: maxAgeMs has no row
  bag<Nested>({});
  // @ts-expect-error: what must be there has to be required
  bag<{ readonly name: string }>({ name: text() });
  // @ts-expect-error: the second argument has no row
  const one: Door<[name: string, count?: number]> = door("do it", "name", [required(text())]);
  assert.ok(words !== undefined && one !== undefined);
});

test("fillOptions() gives a copy with the table's defaults", () => {
  const options = { count: 5, nested: {} };
  const filled = fillOptions("do it", RULES, options);
  assert.deepEqual(filled, { count: 5, mode: "safe", isOn: true, nested: {}, names: undefined });
  assert.notEqual(filled, options);
  assert.equal(fillOptions("do it", RULES, undefined).count, 3);
  assert.equal(fillOptions("do it", RULES, { isOn: false }).isOn, false);
});

function passes(rule: Parameters<typeof checkArgument>[2], value: unknown): boolean {
  try {
    checkArgument("do it", "it", rule, value);
    return true;
  } catch (error) {
    assert.match((error as { code: string }).code, /^ERR_/);
    return false;
  }
}

test("rules tell right from wrong", () => {
  const { signal: good } = new AbortController();
  const old = { aborted: false, addEventListener() {}, removeEventListener() {} };
  assert.deepEqual(
    [good, AbortSignal.timeout(1e6), {}, new EventTarget(), { aborted: false }, old]
      .map((value) => passes(signal(), value)),
    [true, true, false, false, false, false],
  );
  assert.deepEqual(
    [[], new Set(), new Map().values(), "abc", {}, { [Symbol.iterator]: 1 }]
      .map((value) => passes(iterable("things"), value)),
    [true, true, true, false, false, false],
  );
  assert.deepEqual(
    [0, -1, 1.5, 8.64e15, 8.65e15, NaN, Infinity, new Date(), new Date(NaN), { getTime: () => 1 }]
      .map((value) => passes(TIME, value)),
    [true, true, true, true, false, false, false, true, false, false],
  );
  const step = wholeNumber({ least: 8, most: 64, multipleOf: 8 });
  assert.deepEqual([8, 64, 9, 0, 72, 8.5].map((value) => passes(step, value)), [
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  const union = either(oneOf(["a", "b"]), wholeNumber({ most: 3 }));
  assert.deepEqual(["a", 3, "c", 4, null, undefined].map((value) => passes(union, value)), [
    true,
    true,
    false,
    false,
    false,
    true,
  ]);
  assert.equal(passes(required(union), undefined), false);
  assert.deepEqual(
    [{}, { append() {}, queue() {}, topics() {} }, {
      append() {},
      queue() {},
      topics() {},
      [PORT]: {},
    }, null]
      .map((value) => passes(STORE, value)),
    [false, false, true, false],
  );
});

test("rules of names refuse what no file, topic or group is called", () => {
  const long = "x".repeat(127);
  assert.deepEqual(
    ["t", "%RETRY%g", long, `${long}x`, "", "a b", "a/b", "é", "."]
      .map((name) => passes(TOPIC, name)),
    [true, true, true, false, false, false, false, false, false],
  );
  // What is on disk already may be called what it likes, as long as it is one part of a path.
  assert.deepEqual(
    ["t", "a b", "é", "", ".", "..", "a/b", "a\0", "\ud800", "x".repeat(256)]
      .map((name) => passes(TOPIC_ON_DISK, name)),
    [true, true, true, false, false, false, false, false, false, false],
  );
  assert.deepEqual(
    ["g", "%a|b-c_D9", "x".repeat(255), "x".repeat(256), "", "a b", "a@b"]
      .map((name) => passes(GROUP, name)),
    [true, true, true, false, false, false, false],
  );
});

test("nearestName() finds what was meant, and nothing where nothing is near", () => {
  const names = ["from", "limit", "follow", "tags", "visibility", "signal", "segmentByteLength"];
  const cases: [string, string | undefined][] = [
    ["form", "from"],
    ["tag", "tags"],
    ["Follow", "follow"],
    ["visiblity", "visibility"],
    ["segmentBytes", "segmentByteLength"],
    ["offset", "from"],
    ["start", "from"],
    ["count", "limit"],
    ["abortSignal", "signal"],
    ["acks", undefined],
    ["zebra", undefined],
    ["", undefined],
    ["toString", undefined],
  ];
  for (const [name, expected] of cases) assert.equal(nearestName(name, names), expected, name);
});
