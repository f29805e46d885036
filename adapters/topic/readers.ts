/**
 * What reads a typed topic: a stream of messages, an iterator of values, and one of found messages.
 *
 * @module
 */
import type { StoredMessage } from "../../storage/mod.ts";
import { DoneIterator, type MessageFeed, type SourceOptions } from "../core/mod.ts";
import {
  IteratedSource,
  NOTHING_AHEAD,
  type Source,
  SourceEnd,
  WebSource,
} from "../web/streams/mod.ts";
import type { Opener } from "./skipping.ts";
import type { TypedFeed } from "./typed_feed.ts";
import type { Skipping, TypedIterator, TypedMessage } from "./types.ts";

/** The stream of a source, of messages or of batches of them. */
export class TopicSource<M> extends WebSource<M> implements Source<M>, Skipping {
  readonly #skipping: Skipping;

  constructor(feed: MessageFeed<M>, skipping: Skipping, options: SourceOptions) {
    super(feed, options);
    this.#skipping = skipping;
  }

  get skippedCount(): number {
    return this.#skipping.skippedCount;
  }
}

/** The values of a source. */
export class ValueIterator<Out> extends DoneIterator<TypedMessage<Out>, Out>
  implements TypedIterator<Out> {
  readonly #feed: TypedFeed<Out>;

  constructor(feed: TypedFeed<Out>, { signal }: SourceOptions) {
    const end = new SourceEnd(feed, signal);
    const reader = new ReadableStream<TypedMessage<Out>>(end, NOTHING_AHEAD).getReader();
    super(feed, new IteratedSource(end, reader), false, valueOf);
    this.#feed = feed;
  }

  get skippedCount(): number {
    return this.#feed.skippedCount;
  }
}

/** Messages that were found, with their values, up to a count of them. */
export class FoundMessages<Out> implements TypedIterator<TypedMessage<Out>> {
  readonly #opener: Opener<Out>;
  readonly #steps: AsyncGenerator<TypedMessage<Out>, undefined>;

  constructor(found: AsyncIterable<StoredMessage>, opener: Opener<Out>, limit: number) {
    this.#opener = opener;
    this.#steps = openAll(found, opener, limit);
  }

  get skippedCount(): number {
    return this.#opener.skippedCount;
  }

  next(): Promise<IteratorResult<TypedMessage<Out>, undefined>> {
    return this.#steps.next();
  }

  return(): Promise<IteratorResult<TypedMessage<Out>, undefined>> {
    return this.#steps.return(undefined);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

async function* openAll<Out>(
  found: AsyncIterable<StoredMessage>,
  opener: Opener<Out>,
  limit: number,
): AsyncGenerator<TypedMessage<Out>, undefined> {
  if (limit === 0) return undefined;
  let count = 0;
  for await (const message of found) {
    const opened = opener.open(message);
    const typed = opened instanceof Promise ? await opened : opened;
    if (typed === undefined) continue;
    yield typed;
    if (++count === limit) return undefined;
  }
  return undefined;
}

function valueOf<Out>({ value }: TypedMessage<Out>): Out {
  return value;
}
