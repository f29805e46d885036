/**
 * Takes events by HTTP: who gets 200 knows that the event is on the disk.
 *
 * @module
 */
import { openStore, source, StoreError } from "@streambed/log";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { once } from "node:events";
import process from "node:process";

const TOPIC = "events";

const [directory = "data", portText = "8080"] = process.argv.slice(2);
const hostname = "127.0.0.1";
const port = Number(portText);

const store = await openStore(directory);
const app = new Hono();
let isEnding = false;
let underWay = 0;
const done = Promise.withResolvers<void>();
app.use(async (c, next) => {
  if (isEnding) return c.json({ code: "ENDING" }, 503, { Connection: "close" });
  underWay++;
  await next();
  underWay--;
  if (!isEnding) return;
  c.header("Connection", "close"); // or Node waits for the client to send more
  if (underWay === 0) done.resolve();
});
const limit = bodyLimit({
  maxSize: store.info.geometry.maxBodyByteLength,
  // What is left of the body is not read, so the connection would never be at rest.
  onError: (c) => c.json({ code: "TOO_LARGE" }, 413, { Connection: "close" }),
});
app.post("/events", limit, async (c) => {
  const body = new Uint8Array(await c.req.arrayBuffer());
  const { offset } = await store.append({ topic: TOPIC, body, keys: c.req.query("key") ?? [] });
  return c.json({ offset });
});
app.get("/events", (c) => c.body(eventsFrom(Number(c.req.query("from") ?? 0))));
app.onError(explain);

const close = await listen();
await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
isEnding = true;
// Before it stops listening: Deno cuts off the bodies that are still on their way then.
if (underWay > 0) await done.promise;
await close();
await store.close();
console.log("closed");

/** The bodies from an offset on, a line each. */
function eventsFrom(from: number): ReadableStream<Uint8Array> {
  const events = source(store, TOPIC, { from, visibility: "flushed" });
  return events.pipeThrough(
    new TransformStream({
      transform: (event, lines) => lines.enqueue(`${event.text()}\n`),
    }),
  ).pipeThrough(new TextEncoderStream());
}

/** A status by which a client knows whether to try again. */
function explain(error: Error & { readonly code?: string }, c: Context): Response {
  if (error instanceof HTTPException) return error.getResponse();
  const { code = "INTERNAL" } = error;
  // What the store does not take as an argument has a code of Node's.
  if (code.startsWith("ERR_") || code === "OFFSET_OUT_OF_RANGE") return c.json({ code }, 400);
  console.error(error.message);
  if (!StoreError.is(error)) return c.json({ code }, 500);
  return c.json({ code }, code === "DISK_FULL" ? 507 : 503);
}

/** Starts to listen, and gives what ends it once every request is answered. */
async function listen(): Promise<() => Promise<unknown>> {
  const onListen = ({ port }: { port: number }) => console.log(`listening on port ${port}`);
  if ("Deno" in globalThis) {
    const server = Deno.serve({ hostname, port, onListen }, app.fetch);
    return () => server.shutdown();
  }
  const { serve } = await import("@hono/node-server");
  const server = serve({ fetch: app.fetch, hostname, port }, onListen);
  return () => new Promise((resolve) => server.close(resolve));
}
