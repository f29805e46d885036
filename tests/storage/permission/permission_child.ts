/**
 * A program that uses a store under the grants that its parent gave, and tells what came of it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { argv } from "node:process";
import { openCheckpoints } from "../../../adapters/checkpoint/mod.ts";
import { openStore, source, type Store, StoreError } from "../../../mod.ts";
import { allAnswers, appendSample, SAMPLE_OPTIONS } from "../../../harness/support/sample_store.ts";

const [, , action = "", path = ""] = argv;

const READING: Readonly<Record<string, () => Promise<string>>> = {
  read,
  group: readAsGroup,
  move: moveGroup,
};

try {
  console.log(await (READING[action]?.() ?? write(action)));
} catch (error) {
  if (!StoreError.is(error, "PERMISSION_DENIED")) throw error;
  console.log(`${error.code} ${error.remedy}`);
}

/** Fills a store: messages, an atomic batch, a checkpoint. */
async function write(writePath: string): Promise<string> {
  await using store = await openStore(path, {
    ...SAMPLE_OPTIONS,
    writePath: writePath === "mapped" ? "mapped" : "staged",
  });
  await appendSample(store);
  const checkpoints = await openCheckpoints<number>(store, "counter");
  await checkpoints.save({ offsets: { "Orders/0": 17 }, state: 7 });
  return await digest(store);
}

/** Reads it all again. */
async function read(): Promise<string> {
  await using store = await openStore(path, { readOnly: true });
  return await digest(store);
}

/** Reads two messages more as a group; gives their offsets. */
async function readAsGroup(): Promise<string> {
  await using store = await openStore(path, { readOnly: true });
  const options = { group: "billing", queueIds: [0], limit: 2, follow: false };
  const messages = await Array.fromAsync(source(store, "Orders", options));
  return messages.map(({ offset }) => offset).join(" ");
}

async function moveGroup(): Promise<string> {
  await using store = await openStore(path, { readOnly: true });
  await store.moveGroup("billing", { topic: "Orders", queueId: 0, offset: 1 });
  return "moved";
}

async function digest(store: Store): Promise<string> {
  return createHash("sha256").update(await allAnswers(store)).digest("hex");
}
