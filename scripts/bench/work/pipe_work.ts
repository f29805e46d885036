/**
 * Streams of chunks into a topic, a file or nothing, to the last byte in the page cache, or on the
 * disk.
 *
 * @module
 */
import { createWriteStream, fdatasyncSync, openSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { openWriter } from "./append_work.ts";
import { TOPIC, type Turn } from "./turn.ts";

/** Chunks between two looks at the clock. */
const LOOK_COUNT = 64;

type GoesOn = (done: number) => boolean;

/** What a stream carries: bytes, or an array of them. */
type Chunk = Uint8Array<ArrayBuffer> | Uint8Array<ArrayBuffer>[];

/** Gives chunks until it is told to stop, and counts their messages. */
class Chunks {
  /** Messages given. */
  count: number = 0;
  readonly #turn: Turn;
  readonly #goesOn: GoesOn;
  #looks = 0;

  constructor(turn: Turn, goesOn: GoesOn) {
    this.#turn = turn;
    this.#goesOn = goesOn;
  }

  next(): Chunk | undefined {
    if (this.#looks++ % LOOK_COUNT === 0 && !this.#goesOn(this.count)) return undefined;
    const { how, batchCount } = this.#turn;
    if (how.hasArrays) return Array.from({ length: batchCount }, () => this.#body());
    return this.#body();
  }

  /** As a Web Stream with the mark that streams have. */
  readable(): ReadableStream<Chunk> {
    return new ReadableStream({
      pull: (controller) => {
        const chunk = this.next();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
    });
  }

  /** As a stream of Node with the mark that streams have. */
  nodeReadable(): Readable {
    const next = () => this.next() ?? null;
    return new Readable({
      objectMode: true,
      read() {
        // It gives until there is no room, as a file does.
        while (this.push(next()));
      },
    });
  }

  #body(): Uint8Array<ArrayBuffer> {
    return this.#turn.body(this.count++);
  }
}

/** A Web Stream into a topic. */
export async function pipeWeb(turn: Turn): Promise<void> {
  const { sink } = await turn.version();
  const store = await openWriter(turn);
  await turn.measure(async (goesOn) => {
    const chunks = new Chunks(turn, goesOn);
    const target = sink(store, TOPIC) as WritableStream<Chunk>;
    if (turn.how.isSynced) await chunks.readable().pipeTo(target);
    else {
      await chunks.readable().pipeTo(target, { preventClose: true });
      // What comes after all others in the log is committed after them.
      await store.append({ topic: TOPIC, body: turn.body(0) });
    }
    return chunks.count;
  });
}

/** A Web Stream into nothing. */
export async function dropWeb(turn: Turn): Promise<void> {
  await turn.measure(async (goesOn) => {
    const chunks = new Chunks(turn, goesOn);
    await chunks.readable().pipeTo(new WritableStream({ write() {} }));
    return chunks.count;
  });
}

/** A Web Stream into a file. */
export async function pipeWebFile(turn: Turn): Promise<void> {
  await turn.measure(async (goesOn) => {
    const chunks = new Chunks(turn, goesOn);
    const file = await Deno.open(turn.freshPath(), { write: true, create: true });
    const readable = chunks.readable() as ReadableStream<Uint8Array<ArrayBuffer>>;
    await readable.pipeTo(file.writable, { preventClose: true });
    if (turn.how.isSynced) await file.syncData();
    file.close();
    return chunks.count;
  });
}

/** A stream of Node into a topic. */
export async function pipeNode(turn: Turn): Promise<void> {
  const { sink } = await turn.nodeVersion();
  const store = await openWriter(turn);
  await turn.measure(async (goesOn) => {
    const chunks = new Chunks(turn, goesOn);
    const target = sink(store, TOPIC);
    if (turn.how.isSynced) await pipeline(chunks.nodeReadable(), target);
    else {
      await pipeline(chunks.nodeReadable(), target, { end: false });
      await written(target, turn.body(0));
    }
    return chunks.count;
  });
}

/** Settles when a last chunk, and with it all before it, is as durable as the stream says. */
async function written(target: Writable, chunk: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  target.write(chunk, (error) => error ? reject(error) : resolve());
  await promise;
}

/** A stream of Node into nothing. */
export async function dropNode(turn: Turn): Promise<void> {
  await turn.measure(async (goesOn) => {
    const chunks = new Chunks(turn, goesOn);
    await pipeline(chunks.nodeReadable(), droppingWritable());
    return chunks.count;
  });
}

/** A stream of Node that takes everything at once and keeps nothing. */
export function droppingWritable(): Writable {
  return new Writable({
    objectMode: true,
    write(_chunk, _encoding, callback) {
      callback();
    },
  });
}

/** A stream of Node into a file. */
export async function pipeNodeFile(turn: Turn): Promise<void> {
  await turn.measure(async (goesOn) => {
    const chunks = new Chunks(turn, goesOn);
    const path = turn.freshPath();
    const fd = openSync(path, "w");
    const file = createWriteStream(path, { fd, autoClose: false });
    await pipeline(chunks.nodeReadable(), file);
    if (turn.how.isSynced) fdatasyncSync(fd);
    return chunks.count;
  });
}
