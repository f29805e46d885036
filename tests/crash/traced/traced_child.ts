/**
 * Appends under a tracer that lets calls fail, and prints one line of JSON: how many messages were
 * acknowledged, and the codes of the errors that came, each once.
 *
 * @module
 */
import { argv } from "node:process";
import { openStore, StoreError } from "../../../storage/mod.ts";

/** What the child says. */
export interface TracedLine {
  /** Messages that were acknowledged as flushed. */
  readonly acknowledged: number;
  /** Codes of errors. */
  readonly codes: readonly string[];
}

const COUNT = 60;

const [path, writePath] = argv.slice(2);
const codes = new Set<string>();
let acknowledged = 0;
try {
  await using store = await openStore(path, {
    writePath: writePath as "staged" | "mapped",
    geometry: {
      segmentByteLength: 64 * 1024,
      queueEntryCount: 100,
      indexSlotCount: 50,
      indexEntryCount: 200,
    },
  });
  for (let id = 0; id < COUNT; id++) {
    const body = `${id} `.padEnd(5000, "x");
    try {
      await store.append({ topic: "T", keys: `k${id}`, body });
      acknowledged++;
    } catch (error) {
      note(error);
    }
  }
} catch (error) {
  note(error);
}
console.log(JSON.stringify({ acknowledged, codes: [...codes].sort() } satisfies TracedLine));

function note(error: unknown): void {
  if (!StoreError.is(error)) throw error;
  // For people who look at a test that failed.
  console.error(error);
  codes.add(error.errno ?? error.code);
}
