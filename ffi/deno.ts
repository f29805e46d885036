/**
 * The Deno back end: libc by `Deno.dlopen`.
 *
 * The addresses are integers and errno is copied out by `memcpy`, so that everything except mapped
 * memory works under a grant that names the library (`--allow-ffi=/lib/x86_64-linux-gnu/libc.so.6`);
 * `Deno.UnsafePointer` needs a grant without a path.
 *
 * @module
 */
import { makeLibc } from "./calls.ts";
import { failed } from "./errno.ts";
import type { Libc, PermissionDenial } from "./libc.ts";
import type { Native } from "./native.ts";
import {
  architectureOf,
  checkLibraryFile,
  checkLibraryPath,
  libraryCandidates,
  type PlatformNames,
  UnsupportedPlatformError,
} from "./platform.ts";
import { LIBC_SYMBOLS, type LibcSymbol, type ParameterType, type RawCalls } from "./symbols.ts";

const PARAMETER_TYPES: Readonly<Record<ParameterType, Deno.NativeType>> = {
  i32: "i32",
  u32: "u32",
  i64: "i64",
  usize: "usize",
  address: "usize",
  bytes: "buffer",
};

/**
 * Loads libc.
 *
 * @param library Absolute path of another library with the same functions (a test's); else the
 * system's libc is looked for.
 * @returns The calls.
 * @throws {UnsupportedPlatformError} If this is not Linux on a known processor, or no libc is found.
 * @throws {TypeError} If others could write the library.
 * @throws {Deno.errors.NotCapable} If FFI is not allowed.
 */
export function loadDenoLibc(library?: string): Libc {
  const platform = { os: Deno.build.os, arch: Deno.build.arch, runtime: "Deno" };
  const architecture = architectureOf(platform);
  const candidates = library === undefined ? libraryCandidates(architecture) : [library];
  const { path, calls } = openFirst(platform, candidates);

  const libc = makeLibc(makeNative(calls), architecture);
  checkLoaded(libc, path);
  return libc;
}

interface OpenLibrary {
  readonly path: string;
  readonly calls: RawCalls;
}

function openFirst(platform: PlatformNames, candidates: readonly string[]): OpenLibrary {
  const granted = candidates.filter((path) => isGranted({ name: "ffi", path }));
  const paths = granted.length > 0 ? granted : candidates;
  const reasons: string[] = [];

  for (const path of paths) {
    checkBeforeLoading(path);
    try {
      return { path, calls: bind(path) };
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  const reason = `none of its known places has one, use glibc or musl (${reasons.join("; ")})`;
  throw new UnsupportedPlatformError({ ...platform, reason });
}

function bind(path: string): RawCalls {
  const table: Record<string, Deno.ForeignFunction> = {};
  for (const [name, symbol] of Object.entries<LibcSymbol>(LIBC_SYMBOLS)) {
    table[name] = {
      name: symbol.symbol ?? name,
      parameters: symbol.parameters.map((type) => PARAMETER_TYPES[type]),
      result: symbol.result === "address" ? "usize" : symbol.result,
      nonblocking: symbol.async === true,
    };
  }
  // The table above says what the functions take and give; Deno cannot infer it from there.
  return Deno.dlopen(path, table).symbols as unknown as RawCalls;
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
    denied,
  };
}

function viewMemory(address: bigint, byteLength: number): ArrayBuffer {
  const pointer = Deno.UnsafePointer.create(address);
  if (pointer === null) throw new TypeError("Cannot view memory: its address is null");
  return Deno.UnsafePointerView.getArrayBuffer(pointer, byteLength);
}

function denied(access: "read" | "write", path: string): PermissionDenial | undefined {
  if (isGranted({ name: access, path })) return undefined;
  // A comma separates paths there, and nothing escapes it: such a path can only be allowed with all others.
  const flag = `--allow-${access}`;
  return { remedy: path.includes(",") ? flag : shellWord(`${flag}=${path}`) };
}

function shellWord(word: string): string {
  return /^[\w/.:=@%+-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function isGranted(permission: Deno.PermissionDescriptor): boolean {
  const { state, partial } = Deno.permissions.querySync(permission);
  // Partial means that something below the path is denied, and FFI would go round that.
  return state === "granted" && !partial;
}

function checkBeforeLoading(path: string): void {
  checkLibraryPath(path);
  // Without a grant to look at it, it is looked at after loading.
  if (!isGranted({ name: "read", path })) return;
  try {
    const { mode, uid } = Deno.statSync(path);
    // Who this process is would cost another permission; the check after loading knows.
    checkLibraryFile(path, { mode: mode ?? 0, userId: uid ?? 0 }, undefined);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function checkLoaded(libc: Libc, path: string): void {
  const descriptor = libc.open(path, { flags: libc.constants.O_RDONLY });
  if (failed(descriptor)) return;
  const status = libc.fstat(descriptor);
  libc.close(descriptor);
  if (!failed(status)) checkLibraryFile(path, status, libc.effectiveUserId());
}
