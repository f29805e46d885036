/**
 * Tail or damage, as a table: who wrote last, whose records, where, what harm. The expectations are
 * written from `docs/durability.md`, "Tail or damage", and not from the source.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStoreIn, StoreError } from "../../../storage/mod.ts";
import { MemoryDisk } from "../../../harness/content/memory_disk.ts";
import { memoryEnvironment } from "../../../harness/content/memory_environment.ts";
import { MEMORY_ROOT } from "../../../harness/content/memory_libc.ts";
import {
  BOOT_ID,
  buildLog,
  type BuiltLog,
  type Harm,
  HARMS,
  LOG_OPTIONS,
  MOUNT_ID,
  PLACES,
  RECORD_COUNT,
  TOPIC,
  type Writer,
  WRITERS,
} from "./verdict_logs.ts";

type Verdict = "refused" | "cut";

/** The rule of the page, row by row. */
function expectedVerdict(writer: Writer, index: number, harm: Harm): Verdict {
  const { mark, cache, abort } = WRITERS[writer];
  if (mark !== undefined && index < mark) return "refused";
  switch (cache) {
    case "survived":
      return isUnfinishedAtTheEnd(index, harm) ? "cut" : "refused";
    case "lost":
      return "cut";
    case "not ours":
      return leadsOn(index, harm) || (abort === undefined && isFollowed(index, harm))
        ? "refused"
        : "cut";
  }
}

/** A record whose last bytes, or whose size word, are missing at the very end. */
function isUnfinishedAtTheEnd(index: number, harm: Harm): boolean {
  switch (harm) {
    case "its second half and all behind it missing":
      return true;
    case "its size word missing":
    case "its size word and half of its magic number missing":
    case "zeros in its place":
      // Zeros in the place of the last record are a clean end: nothing says that there was one.
      return index === RECORD_COUNT - 1;
    default:
      return false;
  }
}

/** Its length still leads to a valid record that is not older. */
function leadsOn(index: number, harm: Harm): boolean {
  return harm === "a flipped byte in the body" && index < RECORD_COUNT - 1;
}

/** Whole records stand behind it, wherever its length leads. */
function isFollowed(index: number, harm: Harm): boolean {
  return harm !== "its second half and all behind it missing" && index < RECORD_COUNT - 1;
}

for (const writer of Object.keys(WRITERS) as Writer[]) {
  test(`openStore() judges the end of a log by the table (${writer})`, async () => {
    for (const [place, index] of Object.entries(PLACES)) {
      for (const harm of Object.keys(HARMS) as Harm[]) {
        const log = buildLog(writer);
        HARMS[harm](log, index);
        const expected = expectedVerdict(writer, index, harm);
        const position = log.records[index].position;
        const label = `${harm}, ${place}`;
        for (const readOnly of [true, false]) {
          assert.equal(await verdictOf(log, readOnly, index, position), expected, label);
        }
      }
    }
  });
}

/**
 * What the store says. A cut log has all that lies before, goes on there, and is as short again
 * afterwards.
 */
async function verdictOf(
  log: BuiltLog,
  readOnly: boolean,
  index: number,
  position: number,
): Promise<Verdict> {
  const disk = new MemoryDisk(log.content());
  const open = (readOnly: boolean) =>
    openStoreIn(memoryEnvironment(disk, { bootId: BOOT_ID, mountId: MOUNT_ID }), MEMORY_ROOT, {
      ...LOG_OPTIONS,
      readOnly,
    });
  try {
    await using store = await open(readOnly);
    const queue = store.queue(TOPIC);
    assert.equal(queue.endOffset, index, "All before it is there, and nothing behind it");
    assert.equal((await queue.readBatch()).length, index);
    if (!readOnly) assert.equal((await store.append({ topic: TOPIC, body: "on" })).offset, index);
  } catch (error) {
    assert.ok(StoreError.is(error, "CORRUPTED"), String(error));
    assert.equal(error.position, position, error.message);
    return "refused";
  }
  if (readOnly) return "cut";
  await using again = await open(true);
  assert.equal(again.queue(TOPIC).endOffset, index + 1);
  return "cut";
}

test("openStore() opens each of these logs whole where nothing was done to it", async () => {
  for (const writer of Object.keys(WRITERS) as Writer[]) {
    const log = buildLog(writer);
    const environment = memoryEnvironment(new MemoryDisk(log.content()), {
      bootId: BOOT_ID,
      mountId: MOUNT_ID,
    });
    await using store = await openStoreIn(environment, MEMORY_ROOT, LOG_OPTIONS);
    assert.equal((await store.queue(TOPIC).readBatch()).length, RECORD_COUNT, writer);
  }
});
