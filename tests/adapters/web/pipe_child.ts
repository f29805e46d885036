/**
 * A process that pipes numbered messages through a sink, from where the log ends.
 *
 * Usage: `pipe_child.ts DIRECTORY WRITE_PATH COUNT`. Prints `accepted N` as a chunk is handed over.
 *
 * @module
 */
import { argv } from "node:process";
import { openStore, sink } from "../../../mod.ts";
import { SMALL_GEOMETRY } from "../../support/test_store.ts";

if (import.meta.main) await pipe(argv[2], argv[3] as "staged" | "mapped");

async function pipe(path: string, writePath: "staged" | "mapped"): Promise<void> {
  await using store = await openStore(path, { writePath, ...SMALL_GEOMETRY });
  const to = Number(argv[4]);
  let next = store.queue("orders").flushedEndOffset;
  const numbers = new ReadableStream<string>({
    pull(controller) {
      if (next === to) return controller.close();
      controller.enqueue(`${next}`);
      if (next % 50 === 0) console.log(`accepted ${next}`);
      next++;
    },
  }, { highWaterMark: 0 });
  await numbers.pipeTo(sink(store, "orders", { highWaterMark: 4096 }));
}
