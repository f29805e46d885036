/**
 * A job's state as text, and what text does not give back as it was.
 *
 * `devalue` walks the state and writes it. What it would change is found here, where it asks what a
 * thing is: the class must be one of the language's own, nothing may hang on it that is not
 * written, and a view is written as its own bytes.
 *
 * @module
 */
import { defaultStringifyOperations, DevalueError, stringify } from "npm:devalue@6.0.3";
import { argumentError, showArgument } from "../../storage/mod.ts";
import { addedKeys, hasExtras, lookInside } from "./state_brands.ts";
import { STATE_DEPTH_MAX, StateDepth } from "./state_depth.ts";
import { StateViews } from "./state_views.ts";

/** A typed array or DataView; devalue's own name for it. */
type View = ArrayBufferView<ArrayBuffer>;

/** The names of longer typed arrays are not listed: each element would be one. */
const LISTED_LENGTH_MAX = 65_536;
/** A longer place is cut. */
const PLACE_LENGTH_MAX = 200;

/**
 * What is written, by prototype, beside typed arrays: the tag that `Object.prototype.toString` must
 * agree to.
 */
const TAGS: ReadonlyMap<object | null, string> = new Map<object | null, string>([
  [null, "Object"],
  ...[Object, Array, Map, Set, Date, RegExp, URL, URLSearchParams, ArrayBuffer, DataView].map(
    tagged,
  ),
  ...[String, Number, Boolean].map(tagged),
  ...temporalTags(),
]);
/**
 * Right above the prototypes of the language's typed arrays; a Buffer has another one in between.
 */
const TYPED_ARRAY: object = Object.getPrototypeOf(Uint8Array.prototype);

type Class = { readonly name: string; readonly prototype: object };

function tagged({ name, prototype }: Class): [object, string] {
  return [prototype, name];
}

/** Not every runtime has them. */
function temporalTags(): [object, string][] {
  if (typeof Temporal === "undefined") return [];
  const { Duration, Instant, PlainDate, PlainTime, PlainDateTime } = Temporal;
  const { PlainMonthDay, PlainYearMonth, ZonedDateTime } = Temporal;
  return [
    ...[Duration, Instant, PlainDate, PlainTime, PlainDateTime],
    ...[PlainMonthDay, PlainYearMonth, ZonedDateTime],
  ].map(({ name, prototype }: Class): [object, string] => [prototype, `Temporal.${name}`]);
}

/** The last own name of some classes. */
const OWN_NAMES: ReadonlyMap<string, string> = new Map([
  ["Array", "length"],
  ["String", "length"],
  ["RegExp", "lastIndex"],
]);

/** Stands for a member that cannot be written, so that the error names its place. */
class Refused {
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }
}

/**
 * Writes a state as text.
 *
 * @throws {TypeError} If something in it would not come back as it was; the message says where and
 * what.
 */
export function stringifyState(state: unknown): string {
  const views = new StateViews();
  const depth = new StateDepth();
  const sets: Set<unknown>[] = [];
  const faultOf = (thing: object) => findFault(thing) ?? views.add(thing) ?? depth.enter(thing);
  let fault: string | undefined;
  try {
    return stringify(state, undefined, {
      operations: {
        // A method "then" is refused as a function, and a promise as what it is.
        isThenable: () => false,
        tagOf: (thing: object) => {
          fault = faultOf(thing);
          return fault === undefined ? defaultStringifyOperations.tagOf(thing) : "refused";
        },
        shapeOf: (thing: object) =>
          fault === undefined ? defaultStringifyOperations.shapeOf(thing) : { kind: "not-plain" },
        get: (thing: object, key: PropertyKey) => depth.member(thing, readMember(thing, key)),
        valuesOf: (set: Set<unknown>) => (sets.push(set), depth.values(set)),
        entriesOf: (map: Map<unknown, unknown>) => depth.entries(map),
        viewInfo: (view: View) => views.cut(view),
      },
    });
  } catch (error) {
    if (isOverflow(error)) {
      throw refusal("", false, "nested too deep for what is left of the stack");
    }
    if (!(error instanceof DevalueError)) throw error;
    const what = fault ?? describe(error.value);
    throw refusal(error.path, sets.some((set) => set.has(error.value)), what);
  }
}

/**
 * Refuses bytes that would come back as something else.
 *
 * @throws {TypeError} If it is not a plain `Uint8Array` on memory of its own.
 */
export function checkBytes(state: Uint8Array): void {
  const fault = findFault(state) ?? new StateViews().add(state);
  if (fault !== undefined) throw refusal("", false, fault);
}

function refusal(path: string, isMember: boolean, what: string): Error {
  const place = isMember ? `a value in the set ${path}`.trim() : path;
  const shown = place.length > PLACE_LENGTH_MAX ? `${place.slice(0, PLACE_LENGTH_MAX)}...` : place;
  const advice = what.startsWith("nested")
    ? `keep what is linked in a Map, by name, at most ${STATE_DEPTH_MAX} levels deep`
    : "keep plain data in the state";
  return argumentError(
    "ERR_INVALID_ARG_VALUE",
    `Cannot save state: ${shown.trim() === "" ? "it" : shown} is ${what}; ` +
      `${advice}, or encode it to bytes`,
  );
}

/** Whether an error says that the stack is full. */
export function isOverflow(error: unknown): boolean {
  return error instanceof RangeError && /call stack/i.test(error.message);
}

/** Reads a member without calling the state's code. */
function readMember(thing: object, key: PropertyKey): unknown {
  const member = Object.getOwnPropertyDescriptor(thing, key);
  if (member === undefined) return undefined;
  if (!("value" in member)) return new Refused("an accessor");
  return member.enumerable ? member.value : new Refused("a property that is not enumerable");
}

/** What is wrong with an object, as the end of a sentence; its members are looked at later. */
function findFault(thing: object): string | undefined {
  try {
    return findFaultInside(thing);
  } catch (error) {
    if (isOverflow(error)) throw error;
    // A Proxy of a Map is not a Map; one that was revoked, or whose trap throws, is nothing.
    const why = showArgument(error instanceof Error ? error.message : error);
    return `an object that cannot be looked at, a Proxy perhaps (${why})`;
  }
}

function findFaultInside(thing: object): string | undefined {
  if (thing instanceof Refused) return thing.what;
  const tag = Object.prototype.toString.call(thing).slice(8, -1);
  const prototype: object | null = Object.getPrototypeOf(thing);
  const isKnown = TAGS.get(prototype) === tag ||
    (prototype !== null && Object.getPrototypeOf(prototype) === TYPED_ARRAY && isTypedArray(thing));
  if (!isKnown) return describe(thing);
  if (tag === "Object") return findHidden(thing);
  lookInside(thing, tag);
  if (tag === "RegExp" && (thing as RegExp).lastIndex !== 0) {
    return `a RegExp with lastIndex ${(thing as RegExp).lastIndex}`;
  }
  return findExtra(thing, tag);
}

/** Properties of a plain object that are not among its keys. */
function findHidden(thing: object): string | undefined {
  const keys = Reflect.ownKeys(thing);
  if (keys.length === Object.keys(thing).length && !Object.hasOwn(thing, "__proto__")) {
    return undefined;
  }
  const hidden = keys.find((key) =>
    typeof key === "symbol" || key === "__proto__" ||
    !Object.prototype.propertyIsEnumerable.call(thing, key)
  );
  return `an object with the property ${show(hidden)}`;
}

/** Properties that were hung on an array, a Map and the like. */
function findExtra(thing: object, tag: string): string | undefined {
  const isArray = isTypedArray(thing);
  if (isArray && lengthOf(thing) > LISTED_LENGTH_MAX) {
    return hasExtras(thing) ? `a ${tag} with properties beside its elements` : undefined;
  }
  // Some runtimes keep what belongs to a URL under symbols of their own.
  const keys = tag.startsWith("URL") ? addedKeys(thing) : Reflect.ownKeys(thing);
  const last = keys.at(-1);
  const isOwn = last === undefined || (isArray ? isIndex(last) : last === OWN_NAMES.get(tag));
  if (isOwn) return undefined;
  return `a${/^[AEIO]/.test(tag) ? "n" : ""} ${tag} with the property ${show(last)}`;
}

/** As the language counts, whatever a property says. */
function lengthOf(thing: Uint8Array): number {
  return Reflect.get(TYPED_ARRAY, "length", thing);
}

function isTypedArray(thing: object): thing is Uint8Array {
  return ArrayBuffer.isView(thing) && !(thing instanceof DataView);
}

/** Names of elements come first, so a last name that is one of them stands for all. */
function isIndex(name: PropertyKey): boolean {
  return typeof name === "string" && String(Number(name)) === name;
}

function describe(thing: unknown): string {
  if (typeof thing === "function") return "a function";
  if (typeof thing === "symbol") return "a symbol";
  const maker: unknown = (thing as { readonly constructor?: unknown }).constructor;
  const name = typeof maker === "function" ? String(maker.name) : "";
  if (name === "" || name === "Object") return "an object with a prototype of its own";
  return `an object of class ${name}${
    thing instanceof Uint8Array ? ", copy it: new Uint8Array(bytes)" : ""
  }`;
}

function show(name: PropertyKey | undefined): string {
  return typeof name === "string" ? JSON.stringify(name) : String(name);
}
