/**
 * What a stream of a source hands out: messages, batches, or the bytes of their bodies.
 *
 * @module
 */
import { checkCall, type Door } from "../../storage/arguments/mod.ts";
import { argumentError, type StoredMessage } from "../../storage/mod.ts";
import type { SourceCore } from "./source_core.ts";
import { BATCH_COUNT, BATCH_DONE_DOOR, DELIMITER_TEXT } from "./rules.ts";

/** What fills a stream. */
export interface SourceFeed<M> {
  /** The source that its chunks come from. */
  readonly core: SourceCore;
  /** The next chunk if it is in memory, and the event loop need not have its turn first. */
  ready(): M | undefined;
  /** The next chunk, or `undefined` at the end. Waits if it follows. */
  next(): Promise<M | undefined>;
}

/** One whose chunks tell what of the topic they are. */
export interface MessageFeed<M> extends SourceFeed<M> {
  /** What `done()` of the stream takes. */
  readonly doneDoor: Door<[message: M]>;
  /** Says that a chunk is done, if there is a group. */
  done(chunk: M): void;
}

/** `done()` of a stream: says that a chunk is done, if that is one and the stream has a group. */
export function checkedDone<M>(feed: MessageFeed<M>, chunk: M): void {
  checkCall(feed.doneDoor, chunk);
  if (feed.core.group !== undefined) return feed.done(chunk);
  throw argumentError(
    "ERR_INVALID_ARG_VALUE",
    "Cannot say that a message is done: the source has no group; make it with one",
  );
}

/** Batches of what another feed has ready together. */
export class BatchFeed<M extends StoredMessage> implements MessageFeed<readonly M[]> {
  /** It looks at what all messages have. */
  readonly doneDoor: Door<[message: readonly M[]]> = BATCH_DONE_DOOR as unknown as Door<
    [message: readonly M[]]
  >;
  readonly core: SourceCore;
  readonly #feed: MessageFeed<M>;
  readonly #count: number;

  constructor(feed: MessageFeed<M>, count: number = BATCH_COUNT) {
    this.core = feed.core;
    this.#feed = feed;
    this.#count = count;
  }

  ready(): readonly M[] | undefined {
    const first = this.#feed.ready();
    return first === undefined ? undefined : this.#fill(first);
  }

  async next(): Promise<readonly M[] | undefined> {
    const first = await this.#feed.next();
    return first === undefined ? undefined : this.#fill(first);
  }

  done(batch: readonly M[]): void {
    for (const message of batch) this.#feed.done(message);
  }

  #fill(first: M): M[] {
    const batch = [first];
    while (batch.length < this.#count) {
      const message = this.#feed.ready();
      if (message === undefined) break;
      batch.push(message);
    }
    return batch;
  }
}

/** Bodies, each followed by a delimiter; a chunk joins what is in memory, up to `byteLength`. */
export class ByteFeed implements SourceFeed<Uint8Array<ArrayBuffer>> {
  readonly core: SourceCore;
  readonly #delimiter: Uint8Array;
  readonly #byteLength: number;

  constructor(core: SourceCore, byteLength: number, delimiter: string = DELIMITER_TEXT) {
    this.core = core;
    this.#delimiter = new TextEncoder().encode(delimiter);
    this.#byteLength = byteLength;
  }

  ready(): undefined {
    return undefined;
  }

  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      const first = this.core.ready() ?? await this.core.next();
      if (first === undefined) return undefined;
      const chunk = this.#join(first);
      // An empty chunk does not answer a read of a stream.
      if (chunk.byteLength > 0) return chunk;
    }
  }

  /** In a buffer of its own: transferring a chunk must not empty those that wait in the stream. */
  #join(first: StoredMessage): Uint8Array<ArrayBuffer> {
    const bodies: Uint8Array[] = [];
    let byteLength = 0;
    for (let message: StoredMessage | undefined = first; message !== undefined;) {
      bodies.push(message.body);
      byteLength += message.body.byteLength + this.#delimiter.byteLength;
      message = byteLength < this.#byteLength ? this.core.ready() : undefined;
    }
    const chunk = new Uint8Array(byteLength);
    let at = 0;
    for (const body of bodies) {
      chunk.set(body, at);
      chunk.set(this.#delimiter, at + body.byteLength);
      at += body.byteLength + this.#delimiter.byteLength;
    }
    return chunk;
  }
}
