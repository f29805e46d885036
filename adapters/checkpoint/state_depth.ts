/**
 * How deep a state is nested. Each level takes stack, and the stacks of runtimes, threads and
 * callers differ by a factor of ten: what one could write another could not read.
 *
 * @module
 */

/** Deepest nesting; every runtime reads it. */
export const STATE_DEPTH_MAX = 1000;

/** The objects around the one that is being written, outermost first. */
export class StateDepth {
  readonly #around: object[] = [];
  /** The member that the walk has asked for last. */
  #member: unknown;
  /**
   * Values that follow a key that is an object: only they tell that the walk is back at the map.
   */
  readonly #mapsOf = new Map<unknown, object>();

  /**
   * Notes that the walk has come to an object; gives why it cannot be stored, as the end of a
   * sentence.
   */
  enter(thing: object): string | undefined {
    const map = thing === this.#member ? undefined : this.#mapsOf.get(thing);
    if (map !== undefined) this.#backTo(map);
    this.#around.push(thing);
    return this.#around.length > STATE_DEPTH_MAX
      ? `nested more than ${STATE_DEPTH_MAX} levels deep`
      : undefined;
  }

  /** Notes that the walk asks for a member of an object. */
  member<T>(parent: object, member: T): T {
    this.#backTo(parent);
    this.#member = member;
    return member;
  }

  *values(set: Set<unknown>): Generator<unknown, void> {
    for (const value of set) yield this.member(set, value);
  }

  *entries(map: Map<unknown, unknown>): Generator<[unknown, unknown], void> {
    for (const entry of map) {
      const [key, value] = entry;
      this.member(map, key);
      if (typeof key === "object" && typeof value === "object") this.#mapsOf.set(value, map);
      yield entry;
    }
  }

  /** The objects inside of the members before are done. */
  #backTo(parent: object): void {
    const around = this.#around;
    while (around.length > 0 && around[around.length - 1] !== parent) around.pop();
  }
}
