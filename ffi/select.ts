/**
 * Picks the back end of the runtime when it is first needed.
 *
 * @module
 */
import type { Libc } from "./libc.ts";
import { type DecompressFrame, importLz4 } from "./lz4_package.ts";
import { unsupportedPlatform } from "./platform.ts";

/** By the name of the runtime. */
const BACK_ENDS: Readonly<Record<string, () => Promise<Libc>>> = {
  "Deno": async () => (await import("./deno.ts")).loadDenoLibc(),
  "Node.js": async () => await (await import("./node.ts")).loadNodeLibc(),
  "Bun": async () => await (await import("./bun.ts")).loadBunLibc(),
};

let loading: Promise<Libc> | undefined;
let loadingLz4: Promise<DecompressFrame | string> | undefined;

/**
 * Loads the libc of this runtime; all calls give the same object.
 *
 * @throws {StoreError<"UNSUPPORTED_PLATFORM">} If there is no back end for this platform or
 * runtime.
 * @throws {TypeError} If other users could write the system's libc.
 */
export function loadLibc(): Promise<Libc> {
  loading ??= load();
  return loading;
}

/**
 * Names the runtime by `navigator.userAgent`, for example `"Deno"` or `"Node.js"`; else `"an
 * unknown runtime"`.
 */
export function runtimeName(userAgent: string | undefined): string {
  const name = /^(Deno|Node\.js|Bun)\//.exec(userAgent ?? "")?.[1];
  return name ?? "an unknown runtime";
}

/** Looks for a codec of LZ4, once in a process; without one, tells what to do to have it. */
export function loadLz4(): Promise<DecompressFrame | string> {
  loadingLz4 ??= findLz4();
  return loadingLz4;
}

async function findLz4(): Promise<DecompressFrame | string> {
  const isDeno = runtimeName(globalThis.navigator?.userAgent) === "Deno";
  return await importLz4(isDeno ? (await import("./deno.ts")).missingForAddons() : undefined);
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
  const loadBackEnd = BACK_ENDS[runtime];
  if (loadBackEnd !== undefined) return await loadBackEnd();
  const [{ arch, platform }, { release, versions }] = await Promise.all([
    import("node:os"),
    import("node:process"),
  ]);
  // Node before 21 has no navigator.
  const isOldNode = globalThis.navigator === undefined && release?.name === "node";
  const known = isOldNode ? `Node.js ${versions.node}` : runtime;
  throw unsupportedPlatform(
    { os: platform(), arch: arch(), runtime: known },
    "this runtime has no back end",
    "run it with Deno 2.9, Node.js 22 or Bun 1.4, or a newer one",
  );
}
