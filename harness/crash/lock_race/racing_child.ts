/**
 * A process that tries to become the writer whenever it is told to, and says how that went.
 *
 * It is told `race <path>` and answers `won <position of its message> <when it had the lock, ms
 * since epoch>` or `refused`; with `until <path>` it tries again and again until it has won;
 * `release` closes the store and is answered by `released`. The argument `no-lock` plants a lock
 * that refuses nobody.
 *
 * @module
 */
import { argv, stdin } from "node:process";
import { createInterface } from "node:readline";
import { loadLibc } from "../../../ffi/mod.ts";
import { openStoreIn, type Store, StoreError, systemEnvironment } from "../../../storage/mod.ts";
import { overrideLibc } from "../../support/libc_overrides.ts";
import { SAMPLE_OPTIONS, sampleMessage } from "../../support/sample_store.ts";
import { printLine } from "../../support/print_line.ts";

/** Name of the fault that can be planted. */
export const LOCK_FAULT = "no-lock";

const RETRY_MS = 5;

if (import.meta.main) await run(argv[2] === LOCK_FAULT);

async function run(isUnlocked: boolean): Promise<void> {
  const libc = await loadLibc();
  const environment = systemEnvironment(
    isUnlocked ? overrideLibc(libc, { lockRange: () => 0 }) : libc,
  );
  let store: Store | undefined;
  const race = async (path: string): Promise<string | undefined> => {
    try {
      store = await openStoreIn(environment, path, SAMPLE_OPTIONS);
      const wonMs = Date.now();
      const { position } = await store.append(sampleMessage(1, "Orders"));
      return `${position} ${wonMs}`;
    } catch (error) {
      if (StoreError.is(error, "LOCKED")) return undefined;
      throw error;
    }
  };
  for await (const line of createInterface({ input: stdin })) {
    const [word, path] = line.split(" ");
    if (word === "release") {
      await store?.close();
      store = undefined;
      printLine("released");
      continue;
    }
    let won = await race(path);
    while (won === undefined && word === "until") {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      won = await race(path);
    }
    printLine(won === undefined ? "refused" : `won ${won}`);
  }
}
