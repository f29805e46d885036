/**
 * Checks arguments by the rules of the table.
 *
 * @module
 */
import { argumentError, type ArgumentErrorCode, showArgument } from "../errors.ts";
import { membersOf } from "../layout/mod.ts";
import { nearestName } from "./near.ts";
import type { AnyRule, ArgumentRules, Bag } from "./rules.ts";

/** The longest list of names in an error. */
const NAMES_SHOWN = 12;

interface Fault {
  readonly code: ArgumentErrorCode;
  readonly text: string;
}

type BagRule = AnyRule & { readonly kind: "bag" };

/** The arguments of a function: their names in order, and the rule of each. */
export interface Door<Args extends readonly unknown[]> {
  /** In words: `"read queue"`. */
  readonly action: string;
  readonly names: readonly string[];
  readonly rules: ArgumentRules<Args>;
}

/** Describes the arguments of a function; `names` are separated by spaces. */
export function door<Args extends readonly unknown[]>(
  action: string,
  names: string,
  rules: ArgumentRules<Args>,
): Door<Args> {
  return { action, names: names.split(" "), rules };
}

/**
 * Checks the arguments of a call.
 *
 * @throws {TypeError} If one has the wrong type, or is an unknown word or option.
 * @throws {RangeError} If a number is out of range.
 */
export function checkCall<Args extends readonly unknown[]>(
  { action, names, rules }: Door<Args>,
  ...args: Args
): void {
  const all = rules as unknown as readonly AnyRule[];
  for (let index = 0; index < all.length; index++) {
    const fault = topFault(all[index], args[index], names[index]);
    if (fault !== undefined) throw refusal(action, fault);
  }
}

/**
 * Checks one argument as {@linkcode checkCall} does; `action` is in words, as in `"read queue"`.
 */
export function checkArgument(action: string, name: string, rule: AnyRule, value: unknown): void {
  const fault = topFault(rule, value, name);
  if (fault !== undefined) throw refusal(action, fault);
}

/** Checks options, and gives a copy with the defaults of the table. */
export function fillOptions<T>(action: string, rules: Bag<T>, options: T | undefined): T {
  const given = (options ?? {}) as Readonly<Record<string, unknown>>;
  checkArgument(action, "options", rules, given);
  const filled = rules.names.map((name) => [name, given[name] ?? rules.members[name].fallback]);
  return Object.fromEntries(filled);
}

function refusal(action: string, { code, text }: Fault): Error {
  return argumentError(code, `Cannot ${action}: ${text}`);
}

/** Options are called by their own names, without the name of the bag. */
function topFault(rule: AnyRule, value: unknown, name: string): Fault | undefined {
  if (rule.kind !== "bag" || !isOfType(rule, value)) return argumentFault(rule, value, name);
  return bagFault(rule, value as Readonly<Record<string, unknown>>, name, "");
}

function argumentFault(rule: AnyRule, value: unknown, name: string): Fault | undefined {
  return value !== undefined || rule.isRequired ? faultOf(rule, value, name) : undefined;
}

function faultOf(rule: AnyRule, value: unknown, name: string): Fault | undefined {
  if (!isOfType(rule, value)) return mismatch("ERR_INVALID_ARG_TYPE", rule, value, name);
  switch (rule.kind) {
    case "thing":
      return undefined;
    case "list":
      return listFault(rule.of, value as readonly unknown[], name);
    case "either":
      return faultOf(rule.of.find((one) => isOfType(one, value))!, value, name);
    case "bag":
      return bagFault(rule, value as Readonly<Record<string, unknown>>, name, `${name}.`);
  }
  if (rule.accepts(value as never)) return undefined;
  const code = rule.kind === "number" ? "ERR_OUT_OF_RANGE" : "ERR_INVALID_ARG_VALUE";
  return mismatch(code, rule, value, name);
}

function isOfType(rule: AnyRule, value: unknown): boolean {
  const type = typeof value;
  switch (rule.kind) {
    case "thing":
      return rule.accepts(value as never);
    case "list":
      return Array.isArray(value);
    case "either":
      return rule.of.some((one) => isOfType(one, value));
    case "bag":
      return type === "object" && value !== null && !Array.isArray(value);
    default:
      return type === rule.kind;
  }
}

function listFault(of: AnyRule, values: readonly unknown[], name: string): Fault | undefined {
  for (const [index, value] of values.entries()) {
    const fault = faultOf(of, value, `${name}[${index}]`);
    if (fault !== undefined) return fault;
  }
}

function bagFault(
  rule: BagRule,
  value: Readonly<Record<string, unknown>>,
  name: string,
  prefix: string,
): Fault | undefined {
  const { members, names, order, not } = rule;
  const fault = foreignFault(rule, value, name, prefix);
  if (fault !== undefined) return fault;
  for (const key of names) {
    const fault = argumentFault(members[key], value[key], `${prefix}${key}`) ??
      leftOutFault(members[key], value, key, prefix);
    if (fault !== undefined) return fault;
  }
  const clash = not === undefined ? undefined : clashFault(not, value, prefix);
  return clash ?? (order === undefined ? undefined : orderFault(order, value, prefix));
}

/** Finds members, hidden and inherited ones too, that are not options. */
function foreignFault(
  rule: BagRule,
  value: object,
  name: string,
  prefix: string,
): Fault | undefined {
  const { members, names } = rule;
  const { own, inherited, isOfClass } = membersOf(value);
  const isKnown = (key: PropertyKey) => typeof key === "string" && members[key] !== undefined;
  const all = [...own, ...inherited];
  const unknown = all.find((key) => !isKnown(key));
  if (unknown === undefined) {
    if (!isOfClass || all.length > 0) return undefined;
    const text = `${name} is an instance of a class that has none of the options; ` +
      "pass a plain object";
    return { code: "ERR_INVALID_ARG_TYPE", text };
  }
  // A Map, a Date or a String object is not meant as options at all.
  const isOther = isOfClass && Object.prototype.toString.call(value) !== "[object Object]";
  return isOther && !own.some(isKnown)
    ? mismatch("ERR_INVALID_ARG_TYPE", rule, value, name)
    : unknownMember(names, unknown, prefix);
}

/** A member that may be anything, `undefined` too, must still be written. */
function leftOutFault(
  { isRequired }: AnyRule,
  value: object,
  key: string,
  prefix: string,
): Fault | undefined {
  if (!isRequired || key in value) return undefined;
  const text = `${prefix}${key} is missing; write ${key}: undefined if there is none`;
  return { code: "ERR_INVALID_ARG_TYPE", text };
}

function clashFault(
  [one, other]: readonly [string, string],
  value: Readonly<Record<string, unknown>>,
  prefix: string,
): Fault | undefined {
  if (value[one] === undefined || value[other] === undefined) return undefined;
  const text = `${prefix}${one} and ${other} do not go together; leave one of them out`;
  return { code: "ERR_INVALID_ARG_VALUE", text };
}

function orderFault(
  [low, high]: readonly [string, string],
  value: Readonly<Record<string, unknown>>,
  prefix: string,
): Fault | undefined {
  const { [low]: least, [high]: most } = value;
  if (least === undefined || most === undefined || Number(least) <= Number(most)) return undefined;
  const text = `${prefix}${high} is ${showArgument(most)}, ` +
    `it must not be below ${low}, ${showArgument(least)}`;
  return { code: "ERR_OUT_OF_RANGE", text };
}

function unknownMember(names: readonly string[], member: PropertyKey, prefix: string): Fault {
  const key = String(member);
  const near = typeof member === "symbol" ? undefined : nearestName(key, names);
  const hint = near !== undefined
    ? `; did you mean ${near}?`
    : names.length <= NAMES_SHOWN
    ? `; there are ${names.join(", ")}`
    : "";
  // The name may hold anything.
  const shown = /^(?:[\w$]|Symbol\(|\)){1,60}$/.test(key) ? key : showArgument(key);
  const text = `${prefix}${shown} is not an option${hint}`;
  return { code: "ERR_INVALID_ARG_VALUE", text };
}

function mismatch(code: ArgumentErrorCode, rule: AnyRule, value: unknown, name: string): Fault {
  const words = rule.kind === "string" && typeof value === "string" ? rule.words : undefined;
  const near = words && nearestName(String(value), words);
  const hint = near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
  const text = `${name} is ${showArgument(value)}, it must be ${expectation(rule)}${hint}`;
  return { code, text };
}

function expectation(rule: AnyRule): string {
  switch (rule.kind) {
    case "list":
      return `a list, each item ${expectation(rule.of)}`;
    case "either":
      return rule.of.map(expectation).join(" or ");
    case "bag":
      return "an object of options";
    default:
      return rule.expected;
  }
}
