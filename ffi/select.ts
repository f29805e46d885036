/**
 * Picks the back end of the runtime, once, when it is first needed.
 *
 * @module
 */
import type { Libc } from "./libc.ts";
import { unsupportedPlatform } from "./platform.ts";

let loading: Promise<Libc> | undefined;

/**
 * Loads the libc of this runtime. Importing this module does nothing; the first call loads, and all calls
 * give the same object.
 *
 * @throws {StoreError<"UNSUPPORTED_PLATFORM">} If there is no back end for this platform or runtime.
 * @throws {TypeError} If others could write the system's libc.
 */
export function loadLibc(): Promise<Libc> {
  loading ??= load();
  return loading;
}

/**
 * Names the runtime by what it calls itself.
 *
 * @param userAgent Value of `navigator.userAgent`, `undefined` where there is none.
 * @returns Its name, for example `"Deno"` or `"Node.js"`; `"an unknown runtime"` otherwise.
 */
export function runtimeName(userAgent: string | undefined): string {
  const name = /^(Deno|Node\.js|Bun)\//.exec(userAgent ?? "")?.[1];
  return name ?? "an unknown runtime";
}

async function load(): Promise<Libc> {
  try {
    return await loadFor(runtimeName(globalThis.navigator?.userAgent));
  } catch (error) {
    // A permission may be granted later; do not remember the refusal.
    loading = undefined;
    throw error;
  }
}

async function loadFor(runtime: string): Promise<Libc> {
  if (runtime === "Deno") {
    const { loadDenoLibc } = await import("./deno.ts");
    return loadDenoLibc();
  }
  if (runtime === "Node.js") {
    const { loadNodeLibc } = await import("./node.ts");
    return await loadNodeLibc();
  }
  if (runtime === "Bun") {
    const { loadBunLibc } = await import("./bun.ts");
    return await loadBunLibc();
  }
  const { arch, platform } = await import("node:os");
  throw unsupportedPlatform(
    { os: platform(), arch: arch(), runtime },
    "this runtime has no back end",
    "run it with Deno, Node.js or Bun",
  );
}
