/**
 * The part of the npm package `koffi` that a back end uses; an optional dependency, imported when
 * needed.
 *
 * @module
 */
import { importUnseen } from "./import_unseen.ts";
import { type PlatformNames, unsupportedPlatform } from "./platform.ts";

/** A bound function; its asynchronous call runs on a thread of libuv's pool. */
export interface KoffiFunction {
  (...args: readonly unknown[]): number | bigint;
  /** The last argument is `(error, result) => void`. */
  async(...args: readonly unknown[]): void;
}

/** What koffi exports, as far as it is used. */
export interface Koffi {
  load(path: string): {
    func(name: string, result: string, parameters: readonly string[]): KoffiFunction;
  };
  view(address: bigint, byteLength: number): ArrayBuffer;
  /** The `errno` of this thread. */
  errno(): number;
  readonly node: {
    poll(
      descriptor: number,
      events: { readonly readable: true },
      callback: (status: number) => void,
    ): { close(): void };
  };
}

const INSTALL = "run: npm install koffi@3";

/**
 * Imports koffi.
 *
 * @param refusal Makes the error to throw if the runtime forbids the import; `undefined` for any
 * other failure.
 * @throws {StoreError<"UNSUPPORTED_PLATFORM">} If it is missing, too old, or has no build for this
 * machine.
 */
export async function importKoffi(
  platform: PlatformNames,
  refusal: (error: unknown) => Error | undefined,
): Promise<Koffi> {
  let koffi: Partial<Koffi>;
  try {
    koffi = (await importUnseen("koffi") as { readonly default: Partial<Koffi> }).default;
  } catch (error) {
    throw refusal(error) ?? unloadable(platform, error);
  }
  if (isUsable(koffi)) return koffi;
  throw unsupportedPlatform(platform, "the package koffi is too old", INSTALL);
}

function unloadable(platform: PlatformNames, error: unknown): Error {
  if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") {
    return unsupportedPlatform(platform, "the package koffi is missing", INSTALL);
  }
  const message = error instanceof Error ? error.message : String(error);
  const reason = `the package koffi cannot be loaded (${message})`;
  return unsupportedPlatform(platform, reason, "install it again");
}

function isUsable(koffi: Partial<Koffi>): koffi is Koffi {
  const { load, view, errno, node } = koffi;
  return [load, view, errno, node?.poll].every((member) => typeof member === "function");
}
