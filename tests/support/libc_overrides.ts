/**
 * The real operating system with some calls replaced, so that a test can let one of them misbehave.
 *
 * @module
 */
import type { Libc } from "../../ffi/mod.ts";

/**
 * Puts other calls in the place of some.
 *
 * @param libc The real one.
 * @param overrides The calls to replace.
 * @returns A libc that delegates all other calls.
 */
export function overrideLibc(libc: Libc, overrides: Partial<Libc>): Libc {
  return new Proxy(libc, {
    get(target, name) {
      if (Object.hasOwn(overrides, name)) return Reflect.get(overrides, name);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
