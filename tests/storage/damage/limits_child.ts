/**
 * Appends under the limits that its starter set, and prints what happens, one JSON value a line.
 *
 * @module
 */
import { argv } from "node:process";
import { openStore, StoreError } from "../../../storage/mod.ts";
import { TOPIC } from "./damaged_store.ts";

const [path, count, options] = argv.slice(2);

try {
  await using store = await openStore(path, JSON.parse(options));
  const body = new Uint8Array(1000);
  for (let index = 0; index < Number(count); index++) {
    await store.append({ topic: TOPIC, queueId: index % 50, body });
  }
  console.log(JSON.stringify({ appended: Number(count) }));
} catch (error) {
  if (!StoreError.is(error) || error.code === "SYSTEM") throw error;
  const { code, reason, message } = error;
  console.log(JSON.stringify({ code, message, reason }));
}
