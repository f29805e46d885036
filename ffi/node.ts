/**
 * The Node back end: libc by the npm package `koffi`.
 *
 * Calls on other threads run in libuv's pool, which Node's file, DNS and compression calls share (4
 * threads, `UV_THREADPOOL_SIZE`). Waits without end hold none of them: the event loop waits.
 *
 * @module
 */
import process from "node:process";
import { setImmediate } from "node:timers";
import { isMainThread } from "node:worker_threads";
import { libraryStatus, mappedLibc, MAPS, onExit, openTracked } from "./built_ins.ts";
import { importKoffi, type Koffi } from "./koffi.ts";
import { bindWithKoffi } from "./koffi_calls.ts";
import type { Descriptor, Libc, PermissionDenial } from "./libc.ts";
import { LibraryDeniedError } from "./library_denied.ts";
import { loadLibrary } from "./load_library.ts";
import type { LoadedLibc } from "./loaded_libc.ts";
import type { Native } from "./native.ts";
import { architectureOf, type LibraryFileStatus } from "./platform.ts";
import { shellWord } from "./shell_word.ts";

/**
 * Loads the libc at the absolute path `library` (a test's), else the system's.
 *
 * @throws {StoreError<"UNSUPPORTED_PLATFORM">} If this is not Linux on a known processor, koffi is
 * not installed, or there is no libc.
 * @throws {LibraryDeniedError} If Node's permissions forbid it.
 * @throws {TypeError} If other users could write the library.
 */
export async function loadNodeLibc(library?: string): Promise<Libc> {
  const platform = { os: process.platform, arch: process.arch, runtime: "Node.js" };
  // First: where nothing can be loaded, installing koffi does not help.
  architectureOf(platform);
  const koffi = await importKoffi(platform, importRefusal);
  return loadLibrary(
    { platform, loaded, status, bind: (path) => makeNative(koffi, path) },
    library,
  );
}

function makeNative(koffi: Koffi, path: string): Native {
  // Electron's engine keeps all buffers in a cage of its own, with no views over other memory.
  const viewMemory = process.versions.electron === undefined ? koffi.view : undefined;
  return {
    calls: bindWithKoffi(koffi, path),
    errno: koffi.errno,
    memoryViewer: () => viewMemory,
    waitReadable: (descriptor) => waitReadable(koffi, descriptor),
    runtime: `Node.js ${process.versions.node}`,
    ...(isMainThread ? {} : { onEnd: onExit, openOwned: openTracked }),
    denied,
  };
}

/**
 * Only for the descriptor of an epoll set: koffi ends the process where the event loop cannot take
 * one.
 */
function waitReadable(koffi: Koffi, descriptor: Descriptor): Promise<number> {
  return new Promise((resolve) => {
    const handle = koffi.node.poll(descriptor, { readable: true }, () => {
      handle.close();
      // Node 26 goes back to sleep behind koffi's callback without running the promises.
      setImmediate(resolve, 1);
    });
  });
}

/** What is used of Node's report; its types know less. */
interface Report {
  excludeNetwork: boolean;
  getReport(): { readonly header: { readonly glibcVersionRuntime?: string } };
}

function loaded(): LoadedLibc | undefined {
  if (allows("fs.read", MAPS)) return mappedLibc();
  const report = process.report as unknown as Report;
  const { excludeNetwork } = report;
  // Looking up the names of this machine's addresses takes seconds, and is not needed.
  report.excludeNetwork = true;
  const { header } = report.getReport();
  report.excludeNetwork = excludeNetwork;
  return { kind: header.glibcVersionRuntime === undefined ? "musl" : "glibc" };
}

function status(path: string): LibraryFileStatus | undefined {
  return allows("fs.read", path) ? libraryStatus(path) : undefined;
}

function denied(access: "read" | "write", path: string): PermissionDenial | undefined {
  if (allows(`fs.${access}`, path)) return undefined;
  return { remedy: shellWord(`--allow-fs-${access}=${path}`) };
}

function importRefusal(error: unknown): Error | undefined {
  if (!(error instanceof Error && "code" in error)) return undefined;
  if (error.code !== "ERR_ACCESS_DENIED" && error.code !== "ERR_DLOPEN_DISABLED") return undefined;

  const flags = allows("addon") ? [] : ["--allow-addons"];
  if ("resource" in error && typeof error.resource === "string") {
    // koffi and its builds are two packages of one folder.
    const folder = error.resource.replace(/(\/node_modules)\/.*/, "$1");
    flags.push(shellWord(`--allow-fs-read=${folder}`));
  }
  return new LibraryDeniedError(flags.join(" "), denied, { cause: error });
}

/** Node's permissions; its types say that they are always there. */
interface Permissions {
  readonly permission?: { has(scope: string, reference?: string): boolean };
}

function allows(scope: string, reference?: string): boolean {
  const { permission }: Permissions = process;
  return permission === undefined || permission.has(scope, reference);
}
