/**
 * The Bun back end: libc by `bun:ffi`, which is built in.
 *
 * `bun:ffi` makes no calls on other threads: {@linkcode CallThreads} makes them on Workers that
 * have loaded the same library. Addresses belong to the process, so a Worker gets them as numbers.
 *
 * @module
 */
import process from "node:process";
import { isMainThread, Worker } from "node:worker_threads";
import { libraryStatus, mappedLibc, onExit } from "./built_ins.ts";
import {
  type CallThread,
  CallThreads,
  type ThreadArgument,
  type ThreadCall,
} from "./call_threads.ts";
import { importUnseen } from "./import_unseen.ts";
import type { Libc } from "./libc.ts";
import { loadLibrary } from "./load_library.ts";
import type { Native } from "./native.ts";
import { LIBC_SYMBOLS, type LibcSymbol, type ParameterType, type RawCalls } from "./symbols.ts";

/** What is used of `bun:ffi`. */
interface BunFfi {
  dlopen(path: string, table: Record<string, BunFunction>): { readonly symbols: BunSymbols };
  ptr(bytes: Uint8Array): number;
  readonly read: { i32(address: number, byteOffset: number): number };
}

interface BunFunction {
  readonly args: readonly string[];
  readonly returns: string;
}

type BunSymbols = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

const TYPES: Readonly<Record<ParameterType, string>> = {
  i32: "i32",
  u32: "u32",
  i64: "i64",
  usize: "u64",
  address: "u64",
  bytes: "ptr",
};

/** The program of a thread, as text: a bundle has no second file to start. */
const THREAD_PROGRAM = `
const { dlopen } = require("bun:ffi");
const { parentPort, workerData } = require("node:worker_threads");
const { symbols } = dlopen(workerData.path, workerData.table);
parentPort.on("message", ({ name, parameters }) => {
  parentPort.postMessage(symbols[name](...parameters));
});
`;

/**
 * Loads the libc at the absolute path `library` (a test's), else the system's.
 *
 * @throws {StoreError<"UNSUPPORTED_PLATFORM">} If this is not Linux on a known processor, or it has
 * no libc.
 * @throws {TypeError} If other users could write the library.
 */
export async function loadBunLibc(library?: string): Promise<Libc> {
  const platform = { os: process.platform, arch: process.arch, runtime: "Bun" };
  const ffi = await importUnseen("bun:ffi") as BunFfi;
  const loader = { platform, loaded: mappedLibc, status: libraryStatus };
  return loadLibrary({ ...loader, bind: (path) => bind(ffi, path) }, library);
}

function bind(ffi: BunFfi, path: string): Native {
  const calls = { ...bindSynchronous(ffi, path), ...bindAsynchronous(ffi, path) };
  // The type of `bun:ffi` does not follow the table.
  const typed = calls as unknown as RawCalls;
  const errnoAddress = Number(typed.__errno_location());

  return {
    calls: typed,
    errno: () => ffi.read.i32(errnoAddress, 0),
    // A view counts as heap, so garbage piles up to as much as is mapped; copying costs no more.
    memoryViewer: () => undefined,
    runtime: `Bun ${process.versions.bun}`,
    ...(isMainThread ? {} : { onEnd: onExit }),
    denied: () => undefined,
  };
}

/**
 * Binds what blocks. `bun:ffi` knows a function by its name only, so each shape is opened apart.
 */
function bindSynchronous(ffi: BunFfi, path: string): BunSymbols {
  const bound: Record<string, BunSymbols[string]> = {};
  let left = Object.entries<LibcSymbol>(LIBC_SYMBOLS).filter(([, { async }]) => !async);

  while (left.length > 0) {
    const round = new Map(left.map(([name, symbol]) => [symbol.symbol ?? name, { name, symbol }]));
    const table = Object.fromEntries(
      Array.from(round, ([real, { symbol }]) => [real, functionOf(symbol)]),
    );
    const { symbols } = ffi.dlopen(path, table);
    for (const [real, { name }] of round) bound[name] = symbols[real];
    left = left.filter(([name]) => bound[name] === undefined);
  }
  return bound;
}

function bindAsynchronous(ffi: BunFfi, path: string): BunSymbols {
  const symbols = Object.entries<LibcSymbol>(LIBC_SYMBOLS).filter(([, { async }]) => async);
  const table = Object.fromEntries(
    symbols.map(([name, symbol]) => [symbol.symbol ?? name, functionOf(symbol)]),
  );
  const threads = new CallThreads(() => new WorkerThread(path, table));

  return Object.fromEntries(symbols.map(([name, symbol]) => {
    const real = symbol.symbol ?? name;
    const waits = real === "ppoll";
    return [name, (...args: readonly unknown[]) => {
      const parameters = args.map((value) => threadArgument(ffi, value));
      return threads.run({ name: real, parameters, waits });
    }];
  }));
}

function functionOf(symbol: LibcSymbol): BunFunction {
  return {
    args: symbol.parameters.map((type) => TYPES[type]),
    returns: TYPES[symbol.result ?? "i32"],
  };
}

function threadArgument(ffi: BunFfi, value: unknown): ThreadArgument {
  if (value === null) return 0;
  if (!(value instanceof Uint8Array)) return value as ThreadArgument;
  // A short array lies in the heap until its buffer is asked for, and moves then: ask first.
  return value.buffer.byteLength === 0 ? 0 : ffi.ptr(value);
}

/** A Worker that makes calls. It keeps the process alive during a call only. */
class WorkerThread implements CallThread {
  readonly #worker: Worker;
  #settle: ((result: number | undefined) => void) | undefined;
  #isDead = false;

  constructor(path: string, table: Record<string, BunFunction>) {
    this.#worker = new Worker(THREAD_PROGRAM, { eval: true, workerData: { path, table } });
    this.#worker.on("message", (result: number) => this.#settle?.(result));
    this.#worker.on("error", () => this.#die());
    this.#worker.on("exit", () => this.#die());
    this.#worker.unref();
  }

  async run({ name, parameters }: ThreadCall): Promise<number | undefined> {
    if (this.#isDead) return undefined;
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    this.#settle = resolve;
    this.#worker.ref();
    this.#worker.postMessage({ name, parameters });
    const result = await promise;
    this.#worker.unref();
    return result;
  }

  end(): void {
    void this.#worker.terminate();
  }

  #die(): void {
    this.#isDead = true;
    this.#settle?.(undefined);
  }
}
