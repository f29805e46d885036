/**
 * `examples/erase-a-person`: what it prints, and that nothing in the log tells what was erased.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { openStore } from "../../mod.ts";
import type { Example } from "./stage.ts";

/** What must not be found in any file, of those who are erased and of those who are not. */
const SECRETS = ["anna", "bert", "Main Street", "1 May", "phone"];

/** Behind it there are zeros, in the log and in the index. */
const FILLED_LENGTH = 2 * 1024 * 1024;

/** Plays the scene. */
export async function eraseAPerson(example: Example): Promise<void> {
  assert.deepEqual(await example.run("main.ts"), example.page.printed);
  assert.deepEqual(await readdir(join(example.directory, "keys")), ["bert.json"]);

  const path = join(example.directory, "data");
  {
    await using store = await openStore(path);
    const stored = await store.queue("people").readBatch();
    assert.equal(stored.length, 3, "the log still has the messages");
    const [first, other, second] = stored.map(({ keys }) => keys[0]);
    assert.equal(first, second);
    assert.notEqual(first, other);
  }
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  assert.ok(files.length > 3, `${files.length} files`);
  for (const { parentPath, name } of files) {
    await using file = await open(join(parentPath, name));
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FILLED_LENGTH), 0, FILLED_LENGTH, 0);
    const text = buffer.toString("latin1", 0, bytesRead);
    assert.deepEqual(SECRETS.filter((secret) => text.includes(secret)), [], name);
  }
}
