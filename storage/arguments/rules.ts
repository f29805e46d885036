/**
 * Rules for arguments, as data: the table of options and arguments is made of them.
 *
 * The type parameter ties a rule to the type that it describes: a word, member or argument that is
 * missing in the table does not compile.
 *
 * @module
 */
import { isMoment } from "../layout/mod.ts";

/** A value that is judged as a whole. */
interface ValueShape {
  /** What `typeof` says of it; a thing may be of any type. */
  readonly kind: "boolean" | "number" | "string" | "thing";
  /** What it must be, as the end of a sentence. */
  readonly expected: string;
  /** Judges a value of the kind. */
  readonly accepts: (value: never) => boolean;
  /** All that there are, if it is one of some words. */
  readonly words?: readonly string[];
}

/** An object of named members, own or inherited, and no others. */
interface BagShape {
  readonly kind: "bag";
  /** Has no prototype. */
  readonly members: Readonly<Record<string, AnyRule>>;
  readonly names: readonly string[];
  /** The first must not be after the second. */
  readonly order?: readonly [string, string];
  /** The two exclude each other. */
  readonly not?: readonly [string, string];
}

/** The forms of a rule; of `either` the first one of the value's type judges it. */
type Shape =
  | ValueShape
  | { readonly kind: "list"; readonly of: AnyRule }
  | { readonly kind: "either"; readonly of: readonly AnyRule[] }
  | BagShape;

/** A rule of any type. */
export type AnyRule = Shape & { readonly isRequired?: boolean; readonly fallback?: unknown };

/** The rule of a value of type `T`. */
export type Rule<T> = Shape & {
  readonly isRequired?: boolean;
  /** What it is when it is left out. */
  readonly fallback?: T;
  /** Nothing at run time: it rejects rules of other types. */
  readonly type?: (value: T) => T;
};

/** The rule of a value that must be given. */
export type RequiredRule<T> = Rule<T> & { readonly isRequired: true };

/** Rules of a type's members, one for each. */
export type Rules<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? Rule<Exclude<T[K], undefined>>
    : RequiredRule<T[K]>;
};

/** Rules of arguments, one for each. */
export type ArgumentRules<Args extends readonly unknown[]> = number extends Args["length"]
  ? readonly AnyRule[]
  : Args extends readonly [] ? readonly []
  : Args extends readonly [infer First, ...infer Rest]
    ? readonly [RequiredRule<First>, ...ArgumentRules<Rest>]
  : Args extends readonly [(infer First)?, ...infer Rest]
    ? readonly [Rule<Exclude<First, undefined>>, ...ArgumentRules<Rest>]
  : never;

/** Rules of an option bag. */
export type Bag<T> = Rule<T> & BagShape;

/** A whole number's limits: 0 to 2^53 - 1 unless told otherwise. */
export interface WholeNumberLimits {
  readonly least?: number;
  readonly most?: number;
  readonly multipleOf?: number;
  /** What it is when it is left out. */
  readonly fallback?: number;
}

/** The furthest that a `Date` goes from the epoch, ms. */
const TIME_MAX = 8_640_000_000_000_000;

/** `true` or `false`. */
export function boolean(fallback?: boolean): Rule<boolean> {
  return { kind: "boolean", expected: "true or false", accepts: () => true, fallback };
}

/** A whole number. */
export function wholeNumber(limits: WholeNumberLimits = {}): Rule<number> {
  const { least = 0, most = Number.MAX_SAFE_INTEGER, multipleOf = 1, fallback } = limits;
  const range = most === Number.MAX_SAFE_INTEGER
    ? `of ${least} or more`
    : `from ${least} to ${most}`;
  const step = multipleOf === 1 ? "" : `, a multiple of ${multipleOf}`;
  return {
    kind: "number",
    expected: `a whole number ${range}${step}`,
    accepts: (value: number) =>
      Number.isSafeInteger(value) && value % multipleOf === 0 && value >= least && value <= most,
    fallback,
  };
}

/** A moment: ms since epoch, also with a fraction, or a valid `Date`. */
export function moment(): Rule<number | Date> {
  const number: Rule<number> = {
    kind: "number",
    expected: "a time in ms since epoch",
    accepts: (ms: number) => ms >= -TIME_MAX && ms <= TIME_MAX,
  };
  return either(number, thing<Date>("a valid Date", isMoment));
}

/** One of some words. */
export function oneOf<const T extends string>(words: readonly T[], fallback?: NoInfer<T>): Rule<T> {
  const expected = words.map((word) => JSON.stringify(word)).join(" or ");
  return { kind: "string", expected, accepts: (word: T) => words.includes(word), words, fallback };
}

/** A text. */
export function text(
  expected: string = "a text",
  accepts: (text: string) => boolean = () => true,
): Rule<string> {
  return { kind: "string", expected, accepts };
}

/** A value that a predicate accepts. */
export function thing<T>(expected: string, accepts: (value: unknown) => boolean): Rule<T> {
  return { kind: "thing", expected, accepts };
}

/** A function. */
export function callback<T>(): Rule<T> {
  return thing("a function", (value) => typeof value === "function");
}

/** An `AbortSignal`, of this realm or another. */
export function signal(): Rule<AbortSignal> {
  return thing("an AbortSignal", (value) => {
    if (typeof value !== "object" || value === null) return false;
    const { aborted, addEventListener, throwIfAborted } = value as Partial<AbortSignal>;
    return typeof aborted === "boolean" && typeof addEventListener === "function" &&
      typeof throwIfAborted === "function";
  });
}

/** An iterable, but not a text. */
export function iterable<T>(of: string): Rule<Iterable<T>> {
  return thing(`an iterable of ${of}`, (value) => {
    if (typeof value !== "object" || value === null) return false;
    return typeof (value as Partial<Iterable<T>>)[Symbol.iterator] === "function";
  });
}

/** A list. */
export function list<T>(of: Rule<T>): Rule<readonly T[]> {
  return { kind: "list", of };
}

/** One of two. */
export function either<A, B>(one: Rule<A>, other: Rule<B>): Rule<A | B> {
  return { kind: "either", of: [one, other] };
}

/** An object of options; other members are refused. */
export function bag<T extends object>(
  members: Rules<NoInfer<T>>,
  pairs: Pick<BagShape, "order" | "not"> = {},
): Bag<T> {
  const own: Record<string, AnyRule> = Object.assign(Object.create(null), members);
  return { kind: "bag", members: own, names: Object.keys(own), ...pairs };
}

/** The same rule with a default. */
export function preset<T>(rule: Rule<T>, fallback: NoInfer<T>): Rule<T> {
  return { ...rule, fallback };
}

/** The same rule for a value that must be given. */
export function required<T>(rule: Rule<T>): RequiredRule<T> {
  return { ...rule, isRequired: true };
}
