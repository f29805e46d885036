/**
 * Whether a thing is what its prototype says, and what hangs on bytes that are too many to list.
 *
 * @module
 */

type Look = (thing: object) => unknown;

/**
 * Throws for what has the prototype and is not of the class: a Proxy, or
 * `Object.create(Map.prototype)`.
 */
const LOOKS: ReadonlyMap<string, Look> = new Map<string, Look>([
  ["Map", getter(Map.prototype, "size")],
  ["Set", getter(Set.prototype, "size")],
  ["ArrayBuffer", getter(ArrayBuffer.prototype, "byteLength")],
  ["DataView", getter(DataView.prototype, "buffer")],
  ["URL", getter(URL.prototype, "href")],
  ["URLSearchParams", (thing) => URLSearchParams.prototype.toString.call(thing)],
]);

/** What a view says of itself; where something else says it, nothing can be believed. */
const VIEW_NAMES = ["buffer", "byteLength", "byteOffset", "length"];

/** Tells that something hangs on the bytes. `assert`'s own error would show all of them. */
const HUNG: Error = new Error("Cannot take the bytes for plain ones: something hangs on them");

/**
 * Compares two things and their shown properties. Loaded with the first checkpoints: in Deno that
 * takes longer than this library.
 */
let assertSame: ((one: unknown, other: unknown, error: Error) => void) | undefined;

/** Own properties of a URL and its like in this runtime. */
const FOREIGN_KEYS: ReadonlySet<PropertyKey> = new Set(
  [new URL("data:,"), new URLSearchParams()].flatMap((thing) => Reflect.ownKeys(thing)),
);

function getter(prototype: object, name: string): Look {
  const { get } = Object.getOwnPropertyDescriptor(prototype, name)!;
  return (thing) => get!.call(thing);
}

/**
 * Looks at what only the thing itself can say.
 *
 * @throws {TypeError} If it is not of that class.
 */
export function lookInside(thing: object, tag: string): void {
  if (tag.startsWith("Temporal.")) Object.getPrototypeOf(thing).toString.call(thing);
  else LOOKS.get(tag)?.(thing);
}

/** The own properties that a thing has beyond others of its class. */
export function addedKeys(thing: object): PropertyKey[] {
  return Reflect.ownKeys(thing).filter((key) => !FOREIGN_KEYS.has(key));
}

/** Makes {@linkcode hasExtras} quick. */
export async function loadComparison(): Promise<void> {
  const { deepStrictEqual } = (await import("node:assert/strict")).default;
  assertSame ??= deepStrictEqual;
}

/**
 * Whether something hangs on a typed array. Listing its names would list all elements (a second for
 * a million); comparing it with a plain one of the same bytes lists only the other properties.
 */
export function hasExtras(view: Uint8Array): boolean {
  if (VIEW_NAMES.some((name) => Object.hasOwn(view, name))) return true;
  if (Object.getOwnPropertySymbols(view).length > 0) return true;
  const { constructor } = Object.getPrototypeOf(view) as { constructor: Uint8ArrayConstructor };
  const plain = new constructor(view.buffer, view.byteOffset, view.length);
  if (assertSame === undefined) return Object.keys(view).length > view.length;
  try {
    assertSame(view, plain, HUNG);
    return false;
  } catch (error) {
    if (error !== HUNG) throw error;
    return true;
  }
}
