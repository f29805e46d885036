/**
 * `examples/http-ingest`: what was answered with 200 is there after a SIGKILL, and after a SIGTERM
 * the requests that are under way are answered.
 *
 * @module
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import type { ScriptChild } from "../../harness/support/child.ts";
import { openStore } from "../../mod.ts";
import { type Example, finished, tellToEnd } from "./stage.ts";

const SLOW = "slow, and answered";

/** Plays the scene. */
export async function httpIngest(example: Example): Promise<void> {
  const acknowledged = await killUnderLoad(example);
  await endUnderARequest(example);

  await using store = await openStore(join(example.directory, "data"));
  const events = await Array.fromAsync(store.queue("events").read(), (event) => event.text());
  for (const [offset, body] of acknowledged) assert.equal(events[offset], body);
  assert.equal(events.at(-1), SLOW);
  const own = events.filter((event) => event !== "too late");
  assert.equal(new Set(own).size, own.length, "nothing is there twice");
}

/** Posts side by side until it is killed; gives what was answered with 200, by offset. */
async function killUnderLoad(example: Example): Promise<ReadonlyMap<number, string>> {
  await using child = example.start("main.ts", "data", "0");
  const address = await addressOf(child);
  const acknowledged = new Map<number, string>();
  await Promise.all(Array.from({ length: 8 }, async (_, client) => {
    for (let count = 0;; count++) {
      const body = `event ${client}.${count}`;
      const answer = await post(address, body);
      if (answer === undefined) return;
      assert.equal(answer.status, 200);
      acknowledged.set(JSON.parse(answer.text).offset, body);
      if (acknowledged.size === 100) await child.killed();
    }
  }));
  return acknowledged;
}

/** Looks at its answers, and tells it to end while half of a request is there. */
async function endUnderARequest(example: Example): Promise<void> {
  await using child = example.start("main.ts", "data", "0");
  const address = await addressOf(child);
  const events = await (await fetch(`${address}/events?from=2`)).text();
  assert.match(events, /^(event \d\.\d+\n){98,}$/);
  const long = await post(address, "x".repeat(4 * 1024 * 1024 + 1));
  assert.equal(long?.status, 413);
  assert.equal(JSON.parse(long.text).code, "TOO_LARGE");
  for (const from of [-1, 1e9]) {
    assert.equal((await fetch(`${address}/events?from=${from}`)).status, 400);
  }

  const socket = connect(Number(new URL(address).port), "127.0.0.1");
  const head = ["POST /events HTTP/1.1", "Host: localhost", `Content-Length: ${SLOW.length}`];
  socket.write([...head, "Expect: 100-continue", "", SLOW.slice(0, 4)].join("\r\n"));
  const [first] = await once(socket, "data");
  assert.match(`${first}`, /^HTTP\/1\.1 100 /, "it has begun to read");
  const answer = text(socket);
  tellToEnd(child);
  while ((await post(address, "too late"))?.status === 200) await setTimeout(5);
  socket.write(SLOW.slice(4));
  assert.match(await answer, /^HTTP\/1\.1 200 OK\r\n[^]*\{"offset":\d+\}/);
  assert.deepEqual(await finished(child), ["closed"]);
}

async function addressOf(child: ScriptChild): Promise<string> {
  const line = await child.nextLine() ?? (await child.wait()).stderr;
  const [, port] = /^listening on port (\d+)$/.exec(line) ?? [];
  assert.ok(port, line);
  return `http://127.0.0.1:${port}`;
}

/** Gives `undefined` where nobody answers any more. */
async function post(
  address: string,
  body: string,
): Promise<{ readonly status: number; readonly text: string } | undefined> {
  try {
    const response = await fetch(`${address}/events`, { method: "POST", body });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
