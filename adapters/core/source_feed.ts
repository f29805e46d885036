/**
 * What a stream of a source hands out: messages, batches, or the bytes of their bodies.
 *
 * @module
 */
import type { StoredMessage } from "../../storage/mod.ts";

export interface SourceFeed<M> {
  readonly isStopped: boolean;
  /** The next chunk if it is in memory, and the event loop need not have its turn first. */
  ready(): M | undefined;
  /** The next chunk, or `undefined` at the end. Waits if it follows. */
  next(): Promise<M | undefined>;
  /** Says that a chunk is done, if there is a group. */
  done(chunk: M): void;
  /** Ends waiting and reading, and gives the group back; harmless when repeated. */
  stop(): void;
}

/** Batches of what is in memory together. */
export class BatchFeed implements SourceFeed<readonly StoredMessage[]> {
  readonly #core: SourceFeed<StoredMessage>;
  readonly #count: number;

  constructor(core: SourceFeed<StoredMessage>, count: number) {
    this.#core = core;
    this.#count = count;
  }

  get isStopped(): boolean {
    return this.#core.isStopped;
  }

  ready(): readonly StoredMessage[] | undefined {
    const first = this.#core.ready();
    return first === undefined ? undefined : this.#fill(first);
  }

  async next(): Promise<readonly StoredMessage[] | undefined> {
    const first = await this.#core.next();
    return first === undefined ? undefined : this.#fill(first);
  }

  done(batch: readonly StoredMessage[]): void {
    for (const message of batch) this.#core.done(message);
  }

  stop(): void {
    this.#core.stop();
  }

  #fill(first: StoredMessage): StoredMessage[] {
    const batch = [first];
    while (batch.length < this.#count) {
      const message = this.#core.ready();
      if (message === undefined) break;
      batch.push(message);
    }
    return batch;
  }
}

/** Bodies, each followed by a delimiter; a chunk joins what is in memory, up to `byteLength`. */
export class ByteFeed implements SourceFeed<Uint8Array> {
  readonly #core: SourceFeed<StoredMessage>;
  readonly #delimiter: Uint8Array;
  readonly #byteLength: number;

  constructor(core: SourceFeed<StoredMessage>, delimiter: string, byteLength: number) {
    this.#core = core;
    this.#delimiter = new TextEncoder().encode(delimiter);
    this.#byteLength = byteLength;
  }

  get isStopped(): boolean {
    return this.#core.isStopped;
  }

  ready(): undefined {
    return undefined;
  }

  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const first = this.#core.ready() ?? await this.#core.next();
      if (first === undefined) return undefined;
      const chunk = this.#join(first);
      // An empty chunk does not answer a read of a stream.
      if (chunk.byteLength > 0) return chunk;
    }
  }

  done(): void {}

  stop(): void {
    this.#core.stop();
  }

  /** In a buffer of its own: transferring a chunk must not empty those that wait in the stream. */
  #join(first: StoredMessage): Uint8Array {
    const bodies: Uint8Array[] = [];
    let byteLength = 0;
    for (let message: StoredMessage | undefined = first; message !== undefined;) {
      bodies.push(message.body);
      byteLength += message.body.byteLength + this.#delimiter.byteLength;
      message = byteLength < this.#byteLength ? this.#core.ready() : undefined;
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
