/**
 * libc's functions as koffi binds them.
 *
 * @module
 */
import type { Koffi, KoffiFunction } from "./koffi.ts";
import { LIBC_SYMBOLS, type LibcSymbol, type ParameterType, type RawCalls } from "./symbols.ts";

const TYPES: Readonly<Record<ParameterType, string>> = {
  i32: "int32_t",
  u32: "uint32_t",
  i64: "int64_t",
  usize: "size_t",
  address: "uint64_t",
  bytes: "void *",
};

/** koffi refuses more than 256 calls on other threads at once, the program's own included. */
const CALLS_AT_ONCE_MAX = 128;

type Argument = Uint8Array | number | bigint | null;

/** Binds all functions of the table; throws koffi's own error if one is missing. */
export function bindWithKoffi(koffi: Koffi, path: string): RawCalls {
  const library = koffi.load(path);
  const threads = new ThreadCalls();
  const calls: Record<string, unknown> = {};
  for (const [name, symbol] of Object.entries<LibcSymbol>(LIBC_SYMBOLS)) {
    const parameters = symbol.parameters.map((type) => TYPES[type]);
    const bound = library.func(symbol.symbol ?? name, TYPES[symbol.result ?? "i32"], parameters);
    if (symbol.async === true) calls[name] = (...args: Argument[]) => threads.call(bound, args);
    else calls[name] = isWide(symbol) ? givingBigint(bound) : bound;
  }
  // TypeScript cannot infer from the table what the functions take and give.
  return calls as unknown as RawCalls;
}

function isWide({ result }: LibcSymbol): boolean {
  return result === "address" || result === "i64";
}

/** koffi gives a number where it fits. */
function givingBigint(bound: KoffiFunction): (...args: Argument[]) => bigint {
  return (...args) => BigInt(bound(...args));
}

/** The calls on other threads, as many at once as koffi takes. */
class ThreadCalls {
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  call(bound: KoffiFunction, args: readonly Argument[]): Promise<number> {
    return new Promise((resolve, reject) => {
      const start = () => {
        this.#underWay++;
        try {
          bound.async(...args, (error: unknown, result: number) => {
            this.#end();
            if (error === null) resolve(result);
            else reject(error);
          });
        } catch (error) {
          this.#end();
          reject(error);
        }
      };
      if (this.#underWay < CALLS_AT_ONCE_MAX) start();
      else this.#waiting.push(start);
    });
  }

  #end(): void {
    this.#underWay--;
    this.#waiting.shift()?.();
  }
}
