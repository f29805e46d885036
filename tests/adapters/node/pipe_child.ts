/**
 * A process that writes numbered messages to a sink of `node:stream`, from where the log ends.
 *
 * Usage: `pipe_child.ts DIRECTORY WRITE_PATH COUNT`. Prints `written N` as a write is called back.
 *
 * @module
 */
import { once } from "node:events";
import { argv } from "node:process";
import { finished } from "node:stream/promises";
import { sink } from "../../../adapters/node/mod.ts";
import { openStore } from "../../../mod.ts";
import { printLine } from "../../../harness/support/print_line.ts";
import { SMALL_GEOMETRY } from "../../support/test_store.ts";

if (import.meta.main) await pipe(argv[2], argv[3] as "staged" | "mapped");

async function pipe(path: string, writePath: "staged" | "mapped"): Promise<void> {
  await using store = await openStore(path, { writePath, ...SMALL_GEOMETRY });
  const to = Number(argv[4]);
  const stream = sink(store, "orders", { highWaterMark: 100 });
  for (let next = store.queue("orders").flushedEndOffset; next < to; next++) {
    const number = next;
    const written = (error?: Error | null): void => {
      if (!error && number % 50 === 0) printLine(`written ${number}`);
    };
    if (!stream.write(`${next}`, written)) await once(stream, "drain");
  }
  stream.end();
  await finished(stream);
}
