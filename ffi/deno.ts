/**
 * The Deno back end: libc by `Deno.dlopen`.
 *
 * Addresses are integers and errno is copied out by `memcpy`, so that all works under a grant that
 * names the library (`--allow-ffi=/lib/x86_64-linux-gnu/libc.so.6`). `Deno.UnsafePointer`, and with
 * it a view over mapped memory, needs a grant without a path; otherwise mapped memory is copied.
 *
 * @module
 */
import { libraryStatus, MAPS, onExit, openTracked } from "./built_ins.ts";
import type { Descriptor, Libc, PermissionDenial } from "./libc.ts";
import { LibraryDeniedError } from "./library_denied.ts";
import { loadLibrary } from "./load_library.ts";
import { libcOfMaps, type LoadedLibc } from "./loaded_libc.ts";
import type { Native } from "./native.ts";
import type { LibraryFileStatus } from "./platform.ts";
import { shellWord } from "./shell_word.ts";
import { LIBC_SYMBOLS, type LibcSymbol, type ParameterType, type RawCalls } from "./symbols.ts";

const OWN_DESCRIPTORS = Symbol.for("@streambed/log descriptors");

const TYPES: Readonly<Record<ParameterType, Deno.NativeType>> = {
  i32: "i32",
  u32: "u32",
  i64: "i64",
  usize: "usize",
  address: "usize",
  bytes: "buffer",
};

/**
 * Loads the libc at the absolute path `library` (a test's), else the system's.
 *
 * @throws {StoreError<"UNSUPPORTED_PLATFORM">} If this is not Linux on a known processor, or it has
 * no libc.
 * @throws {TypeError} If other users could write the library.
 * @throws {LibraryDeniedError} If FFI is not allowed.
 */
export function loadDenoLibc(library?: string): Libc {
  const platform = { os: Deno.build.os, arch: Deno.build.arch, runtime: "Deno" };
  const bind = (path: string) => makeNative(open(path));
  return loadLibrary({ platform, order, loaded, status, bind }, library);
}

/**
 * Deno shows a process's memory only to programs with all permissions; the others go by Deno's
 * build.
 */
function loaded(): LoadedLibc | undefined {
  const names = ["read", "write", "net", "env", "sys", "run", "ffi"] as const;
  if (names.every((name) => isGranted({ name }))) {
    try {
      const found = libcOfMaps(Deno.readTextFileSync(MAPS));
      if (found !== undefined) return found;
    } catch (error) {
      const isHidden = error instanceof Deno.errors.NotCapable ||
        error instanceof Deno.errors.NotFound;
      if (!isHidden) throw error;
    }
  }
  return { kind: Deno.build.target.endsWith("musl") ? "musl" : "glibc" };
}

/** Granted places first, then those that may exist, then those known not to. */
function order(paths: readonly string[]): readonly string[] {
  const rank = (path: string) => {
    if (isGranted({ name: "ffi", path })) return 0;
    return mayLook(path) && status(path) === undefined ? 2 : 1;
  };
  return paths.toSorted((one, other) => rank(one) - rank(other));
}

function status(path: string): LibraryFileStatus | undefined {
  return mayLook(path) ? libraryStatus(path) : undefined;
}

function mayLook(path: string): boolean {
  return isGranted({ name: "read", path });
}

function open(path: string): RawCalls {
  const table: Record<string, Deno.ForeignFunction> = {};
  for (const [name, symbol] of Object.entries<LibcSymbol>(LIBC_SYMBOLS)) {
    table[name] = {
      name: symbol.symbol ?? name,
      parameters: symbol.parameters.map((type) => TYPES[type]),
      result: TYPES[symbol.result ?? "i32"],
      nonblocking: symbol.async === true,
    };
  }
  try {
    // The table says what the functions take and give; Deno cannot infer it. In an object of ours,
    // whose members can be replaced when the program ends.
    return { ...Deno.dlopen(path, table).symbols } as unknown as RawCalls;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new LibraryDeniedError(allowing("ffi", path), denied, { cause: error });
  }
}

function makeNative(calls: RawCalls): Native {
  const errnoAddress = calls.__errno_location();
  const errnoBytes = new Uint8Array(4);
  const errnoView = new DataView(errnoBytes.buffer);

  return {
    calls,
    errno() {
      calls.memcpy(errnoBytes, errnoAddress, errnoBytes.length);
      return errnoView.getInt32(0, true);
    },
    memoryViewer: () => isGranted({ name: "ffi" }) ? viewMemory : undefined,
    runtime: `Deno ${Deno.version.deno}`,
    onEnd,
    openOwned: openTracked,
    descriptors: ownDescriptors(),
    denied,
  };
}

/**
 * `unload` comes before a reload and after a test file; a `node:worker_threads` Worker has only
 * `exit`.
 */
function onEnd(callback: () => void): () => void {
  globalThis.addEventListener("unload", callback);
  const forget = onExit(callback);
  return () => {
    globalThis.removeEventListener("unload", callback);
    forget();
  };
}

/** One set in a program, however many copies of the library are loaded. */
function ownDescriptors(): Set<Descriptor> {
  const all = globalThis as { [OWN_DESCRIPTORS]?: Set<Descriptor> };
  return all[OWN_DESCRIPTORS] ??= new Set();
}

function viewMemory(address: bigint, byteLength: number): ArrayBuffer {
  const pointer = Deno.UnsafePointer.create(address);
  if (pointer === null) throw new TypeError("Cannot view memory: its address is null");
  return Deno.UnsafePointerView.getArrayBuffer(pointer, byteLength);
}

function denied(access: "read" | "write", path: string): PermissionDenial | undefined {
  return isGranted({ name: access, path }) ? undefined : { remedy: allowing(access, path) };
}

/** The flags of `deno run` that an addon lacks, so that it would ask; `undefined` if it has all. */
export function missingForAddons(): string | undefined {
  const names = ["ffi", "env", "read"] as const;
  const missing = names.filter((name) => !isGranted({ name }));
  return missing.length === 0 ? undefined : missing.map((name) => `--allow-${name}`).join(" ");
}

/** The flag of `deno run` that allows an access to a path. */
function allowing(access: "ffi" | "read" | "write", path: string): string {
  // A comma separates paths, and nothing escapes it: such a path is allowed only with all others.
  const flag = `--allow-${access}`;
  return path.includes(",") ? flag : shellWord(`${flag}=${path}`);
}

function isGranted(permission: Deno.PermissionDescriptor): boolean {
  const { state, partial } = Deno.permissions.querySync(permission);
  // Partial: something below the path is denied, and FFI would go round that.
  return state === "granted" && !partial;
}
