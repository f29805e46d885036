/**
 * Wrong arguments, made of the table of arguments: of each row what is not of its type, not in its
 * range, not among its words, and names that are nearly right.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { AnyRule, Door } from "../../storage/arguments/mod.ts";

/** A value that has to be refused, and how. */
export interface Refusal {
  /** What is wrong, for the message of a failed test. */
  readonly label: string;
  readonly value: unknown;
  readonly code: string;
  /** What the error has to name. */
  readonly mention: string;
}

const TYPE = "ERR_INVALID_ARG_TYPE";
const VALUE = "ERR_INVALID_ARG_VALUE";
const RANGE = "ERR_OUT_OF_RANGE";

/** Wrong for whatever is no union. */
const FOREIGN = [null, 5n, Symbol("s"), new Number(5), new String("flushed"), new Date(0)];
/** Objects that hold no options, whatever is in them. */
const NO_BAGS = [
  new Map<string, unknown>([["readOnly", true]]),
  new Set(),
  new WeakMap(),
  new Date(0),
  new Number(5),
  new String("flushed"),
  new Boolean(true),
  Object(Symbol("s")),
  /x/,
  new Error("x"),
  new Uint8Array(1),
  new ArrayBuffer(1),
  Promise.resolve({}),
  new AbortController().signal,
  new URLSearchParams("readOnly=true"),
  new class Empty {}(),
];
const TEXTS = ["", "a b", "a/b", "..", "a\0b", "x".repeat(300), "\ud800"];

/** All that a rule has to refuse. `base` is a right value: a bag's other members come from it. */
export function* refusals(
  rule: AnyRule,
  name: string,
  base?: unknown,
  prefix = `${name}.`,
): Generator<Refusal> {
  const make = (code: string) => (value: unknown): Refusal => ({
    label: `${name} = ${show(value)}`,
    value,
    code,
    mention: name,
  });
  // What may be anything is never wrong.
  if (rule.kind === "thing" && rule.accepts(undefined as never)) return;
  if (rule.isRequired) yield make(TYPE)(undefined);
  yield* wrongTypes(rule).map(make(TYPE));
  switch (rule.kind) {
    case "number":
      yield* wrongNumbers(rule).map(make(RANGE));
      break;
    case "string":
      yield* wrongTexts(rule).map(make(VALUE));
      break;
    case "list":
      for (const one of refusals(rule.of, `${name}[0]`)) yield { ...one, value: [one.value] };
      break;
    case "either":
      yield* unionRefusals(rule, name, base);
      break;
    case "bag":
      yield* memberRefusals(rule, prefix, base);
      break;
  }
}

function* unionRefusals(
  rule: AnyRule & { readonly kind: "either" },
  name: string,
  base: unknown,
): Generator<Refusal> {
  const right = typeof base === "object" ? base : undefined;
  const hasText = rule.of.some((one) => one.kind === "string" && one.words === undefined);
  for (const one of rule.of) {
    for (const refusal of refusals({ ...one, isRequired: false }, name, right)) {
      if (refusal.code === TYPE && refusal.mention === name) continue;
      if (one.kind === "string" && one.words !== undefined && hasText) continue;
      yield refusal;
    }
  }
}

function* memberRefusals(
  rule: AnyRule & { readonly kind: "bag" },
  prefix: string,
  base: unknown,
): Generator<Refusal> {
  const right = base as Readonly<Record<string, unknown>> | undefined;
  for (const member of rule.names) {
    for (const wrong of refusals(rule.members[member], `${prefix}${member}`, right?.[member])) {
      yield { ...wrong, value: { ...right, [member]: wrong.value } };
    }
    for (const near of [member.slice(0, -1), capital(member), `${member}s`]) {
      if (rule.names.includes(near)) continue;
      for (const [how, value] of Object.entries(misspelt(near, right?.[member] ?? 1, right))) {
        const mention = `${prefix}${near} is not an`;
        yield { label: `${prefix}${near}, ${how}`, value, code: VALUE, mention };
      }
    }
    if (rule.members[member].isRequired) {
      const { [member]: _, ...value } = right!;
      yield { label: `no ${member}`, value, code: TYPE, mention: `${prefix}${member} is ` };
    }
  }
  const value = { ...withoutDurability(right), [Symbol("signal")]: 1 };
  yield { label: "symbol", value, code: VALUE, mention: `${prefix}Symbol(signal) is not an` };
  const [one, other] = rule.not ?? ["", ""];
  const { [one]: _, ...rest } = { [one]: 0, ...right };
  if (rule.not !== undefined) {
    const both = { ...right, [one]: 0, [other]: 0 };
    yield { label: "both", value: both, code: VALUE, mention: `${prefix}${one} and ${other} do` };
  }
  if (rule.order === undefined) return;
  const [low, high] = rule.order;
  const turned = { ...rest, [low]: 5, [high]: 4 };
  yield { label: "turned", value: turned, code: RANGE, mention: `${prefix}${high} is 4` };
}

/** Options with one member too many: shown, hidden, and said by a class. */
function misspelt(name: string, value: unknown, right: object | undefined): Record<string, object> {
  class Said {}
  Object.defineProperty(Said.prototype, name, { get: () => value });
  return {
    shown: { ...right, [name]: value },
    hidden: Object.defineProperty(withoutDurability(right), name, { value }),
    inherited: Object.assign(Object.create({ [name]: value }), right),
    said: Object.assign(new Said(), right),
  };
}

/**
 * Where append() is told a durability and shows nothing else, it does not look for what is hidden:
 * that would cost each message.
 */
function withoutDurability(right: object | undefined): object {
  const { durability: _, ...rest } = { durability: 0, ...right };
  return rest;
}

function wrongTypes(rule: AnyRule): unknown[] {
  switch (rule.kind) {
    case "boolean":
      return [...FOREIGN, 0, 1, "true", "", {}, () => {}];
    case "number":
      return [...FOREIGN, "5", true, [5], {}];
    case "string":
      return [...FOREIGN, 0, true, [rule.words?.[0] ?? "a"], {}];
    case "list":
      return [...FOREIGN, 0, "a", {}, new Set(["a"])];
    case "bag":
      return [null, 5n, Symbol("s"), 0, "a", true, [], () => {}, ...NO_BAGS];
    case "either":
      return [null, 5n, Symbol("s"), true];
    case "thing":
      return [null, 5n, Symbol("s"), 0, "a", true];
  }
}

function wrongTexts({ words, accepts }: {
  readonly words?: readonly string[];
  readonly accepts: (text: never) => boolean;
}): string[] {
  if (words === undefined) return TEXTS.filter((text) => !accepts(text as never));
  return ["", "nope", ...words.map(capital), ...words.map((word) => `${word} `)];
}

/** By what the error says of the range. */
function wrongNumbers({ expected }: { readonly expected: string }): number[] {
  const wrong = [NaN, Infinity, -Infinity, 2 ** 1023];
  const range = /whole number (?:of|from) (-?\d+)(?: to (\d+))?/.exec(expected);
  if (range === null) return wrong;
  const least = Number(range[1]);
  const most = Number(range[2] ?? Number.MAX_SAFE_INTEGER);
  const multipleOf = Number(/multiple of (\d+)/.exec(expected)?.[1] ?? 1);
  const beyond = [least - 1, most + 1, least + 0.5, 2 ** 53];
  return [...wrong, ...beyond, ...(multipleOf > 1 ? [least + 1, least + multipleOf / 2] : [])];
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value).slice(0, 40);
  return typeof value === "object" ? Object.prototype.toString.call(value) : String(value);
}

/** A call that can be made, and its right arguments. */
export interface Call {
  readonly door: Pick<Door<readonly unknown[]>, "action" | "names"> & { readonly rules: unknown };
  /** Right arguments. */
  readonly args: readonly unknown[];
  /** Makes the call. */
  readonly make: (...args: never[]) => unknown;
}

/**
 * Makes a call with every wrong argument that its rows know, one at a time.
 *
 * @param call The call and its right arguments.
 * @param unchanged Asserts that nothing was done; called after each.
 * @returns How many were refused.
 */
export async function refuseAll(
  { door, args, make }: Call,
  unchanged: (label: string) => void,
): Promise<number> {
  let count = 0;
  for (const [index, rule] of (door.rules as readonly AnyRule[]).entries()) {
    // Members of an argument are called by their own names.
    for (const wrong of refusals(rule, door.names[index], args[index], "")) {
      const given = args.map((right, at) => at === index ? wrong.value : right);
      const label = `${door.action}: ${wrong.label}`;
      await assertRefused(() => make(...given as never[]), wrong, label);
      unchanged(label);
      count++;
    }
  }
  return count;
}

async function assertRefused(call: () => unknown, wrong: Refusal, label: string): Promise<void> {
  let error: unknown;
  try {
    await call();
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof Error, `${label} is not refused`);
  const { name, message, code } = error as Error & { readonly code?: string };
  assert.equal(code, wrong.code, `${label}: ${name} ${message}`);
  assert.equal(name, wrong.code === RANGE ? "RangeError" : "TypeError", label);
  assert.match(message, /^Cannot .*: .*[^.]$/, label);
  assert.ok(message.includes(`: ${wrong.mention}`), `${label} is not named: ${message}`);
}
