/**
 * A store some of whose members a test has taken over, to see how it is used or to hold it up.
 *
 * @module
 */
import { type InnerPort, innerPortOf, PORT, type Store } from "../../storage/mod.ts";

/**
 * Puts members of a test's own before those of a store and of its port.
 *
 * @param real The store that does the rest.
 * @param members What to use instead.
 * @returns The store to hand to what is tested.
 */
export function interceptStore(real: Store, members: Partial<Store & InnerPort>): Store {
  const port = intercept(innerPortOf(real), members);
  return intercept(real, { ...members, [PORT]: port });
}

function intercept<T extends object>(real: T, members: object): T {
  const taken: Partial<Record<string | symbol, unknown>> = { ...members };
  return new Proxy(real, {
    get(target, name) {
      if (Object.hasOwn(taken, name)) return taken[name];
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
    has: (target, name) => name in taken || name in target,
  });
}
