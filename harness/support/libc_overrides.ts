/**
 * The real operating system with some calls replaced, so that a test can let one of them misbehave.
 *
 * @module
 */
import { Errno, type Libc } from "../../ffi/mod.ts";

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

/**
 * Remembers by which path each descriptor was opened.
 *
 * @param libc The real one.
 * @returns Its `open`, to be put in its place, and the paths.
 */
export function rememberOpens(
  libc: Libc,
): { readonly open: Libc["open"]; readonly paths: ReadonlyMap<number, string> } {
  const paths = new Map<number, string>();
  const open: Libc["open"] = (path, how) => {
    const descriptor = libc.open(path, how);
    if (typeof descriptor === "number") paths.set(descriptor, path);
    return descriptor;
  };
  return { open, paths };
}

/** The same system on a file system that gives no leases. */
export function withoutLeases(libc: Libc): Libc {
  return overrideLibc(libc, { setLease: () => new Errno("EINVAL", 22, "fcntl") });
}
