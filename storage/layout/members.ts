/**
 * What an object shows of itself: whether it is what it was handed in for, or something else that merely is an object.
 *
 * @module
 */

/** Names of an object. */
export interface Members {
  /** Its own, symbols and hidden ones among them. */
  readonly own: readonly PropertyKey[];
  /** What it inherits, but for constructors and what every object has. */
  readonly inherited: readonly string[];
  /** Whether a class made it. */
  readonly isOfClass: boolean;
}

/**
 * Lists the members of an object.
 *
 * @param thing The object.
 * @returns Its own members and what it inherits.
 */
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
 * Tells whether an object is nothing but pairs of a name and a value, all of which `Object.keys()` shows.
 *
 * @param value Anything.
 * @returns Whether it is; a list, a Map, a Date, a promise and an empty instance of a class are not.
 */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { own, inherited, isOfClass } = membersOf(value);
  if (own.length !== Object.keys(value).length || inherited.length > 0) return false;
  return own.length > 0 || !isOfClass;
}

function parentOf(thing: object): object | null {
  return Object.getPrototypeOf(thing);
}

/** What everything inherits from, in whatever realm. */
function isRoot(level: object): boolean {
  return level === Object.prototype ||
    (parentOf(level) === null && Object.hasOwn(level, "isPrototypeOf"));
}

/** What `import * as` gives says what it is, and has no other symbol. */
function isModuleTag(thing: object, key: PropertyKey): boolean {
  return key === Symbol.toStringTag &&
    Reflect.getOwnPropertyDescriptor(thing, key)?.value === "Module";
}
