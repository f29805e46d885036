/**
 * What kind of thing an argument is: its members, whether it is only pairs, or a date.
 *
 * @module
 */

/** Names of the members of an object. */
export interface Members {
  /** Its own, symbols and hidden ones included. */
  readonly own: readonly PropertyKey[];
  /** Inherited ones, except constructors and those that every object has. */
  readonly inherited: readonly string[];
  readonly isOfClass: boolean;
}

/** Lists the members of an object. */
export function membersOf(thing: object): Members {
  const inherited: string[] = [];
  let isOfClass = false;
  for (let level = parentOf(thing); level !== null && !isRoot(level); level = parentOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (name === "constructor") isOfClass = true;
      else inherited.push(name);
    }
  }
  return {
    own: Reflect.ownKeys(thing).filter((key) => !isModuleTag(thing, key)),
    inherited,
    isOfClass,
  };
}

/**
 * Whether a value is nothing but pairs that `Object.keys()` shows: not a list, a Map, a Date, a
 * promise or an empty instance of a class.
 */
export function hasOnlyPairs(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { own, inherited, isOfClass } = membersOf(value);
  if (own.length !== Object.keys(value).length || inherited.length > 0) return false;
  return own.length > 0 || !isOfClass;
}

function parentOf(thing: object): object | null {
  return Object.getPrototypeOf(thing);
}

/** What everything inherits from, in any realm. */
function isRoot(level: object): boolean {
  return level === Object.prototype ||
    (parentOf(level) === null && Object.hasOwn(level, "isPrototypeOf"));
}

/** The one symbol of an `import * as`. */
function isModuleTag(thing: object, key: PropertyKey): boolean {
  return key === Symbol.toStringTag &&
    Reflect.getOwnPropertyDescriptor(thing, key)?.value === "Module";
}

/** Whether a value is a `Date` with a time, of this realm or another. */
export function isMoment(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === "[object Date]" &&
    typeof (value as Partial<Date>).getTime === "function" &&
    Number.isFinite((value as Date).getTime());
}

/** Whether a view of length 0 lost its memory: its buffer was transferred or cut. */
export function isDetached(view: Uint8Array): boolean {
  try {
    // Only a method looks: `length` is 0, and `buffer.detached` is false where the buffer was cut.
    Uint8Array.prototype.at.call(view, 0);
    return false;
  } catch {
    return true;
  }
}
