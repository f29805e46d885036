/**
 * What a group has sent back of one queue, as records in the store that takes the copies tell.
 *
 * Progress may lag behind: after a kill, a group reads again what it had done. A message that was
 * sent back must not be handled there once more, because its copy will be.
 *
 * @module
 */
import { parseSentBack, SENT_BACK_TOPIC, type SentBackCopy } from "../../storage/layout/mod.ts";
import { innerPortOf, isOwnMessage, type Store } from "../../storage/mod.ts";

/** From this many offsets on, progress is made durable to have fewer. */
const OFFSET_COUNT = 64;

/** Where it is told, and what of. */
export interface SentBackPlace {
  /** Store that takes the copies. */
  readonly into: Store;
  /** Names the group and the queue. */
  readonly key: string;
}

export class SentBack {
  readonly #place: SentBackPlace;
  /** Makes progress durable; gives the offset that the group goes on from at least. */
  readonly #settle: () => Promise<number>;
  #base: number;
  #offsets: readonly number[];
  /** The batch that is under way, or the last one; never rejects. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    place: SentBackPlace,
    settle: () => Promise<number>,
    base: number,
    offsets: readonly number[],
  ) {
    this.#place = place;
    this.#settle = settle;
    this.#base = base;
    this.#offsets = offsets;
  }

  /**
   * Reads what is told.
   *
   * @param start Durable progress of the group: where it goes on.
   * @param settle Makes progress durable, and gives it.
   */
  static async load(
    place: SentBackPlace,
    start: number,
    settle: () => Promise<number>,
  ): Promise<SentBack> {
    const told = await newestOf(place);
    // The group was moved back since, so that it reads all of it again.
    const wasMoved = told === undefined || start < told.base;
    const offsets = wasMoved ? [] : told.offsets.filter((offset) => offset >= start);
    return new SentBack(place, settle, start, offsets);
  }

  has(offset: number): boolean {
    return this.#offsets.includes(offset);
  }

  /**
   * Puts the copy of a message into the log, with the record that tells so. Settles once both are
   * on the disk.
   *
   * @param offset In the queue that is read; in a light queue the record has another.
   */
  send(copy: SentBackCopy, offset: number): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#offsets.length >= OFFSET_COUNT) await this.#forget();
      const offsets = [...this.#offsets, offset].sort((a, b) => a - b);
      await this.#append([copy], offsets);
    });
  }

  /** Nothing is under way, and progress is durable: what was passed is told no more. */
  end(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#offsets.length === 0) return;
      await this.#forget();
      await this.#append([], this.#offsets);
    });
  }

  async #forget(): Promise<void> {
    this.#base = await this.#settle();
    this.#offsets = this.#offsets.filter((offset) => offset >= this.#base);
  }

  /** One batch after the other: what one tells must have come about, or the next must not tell. */
  async #append(copies: readonly SentBackCopy[], offsets: readonly number[]): Promise<void> {
    const { into, key } = this.#place;
    await innerPortOf(into).sendBack(copies, { key, base: this.#base, offsets });
    this.#offsets = offsets;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** What the newest record with a key tells; a copy that a broker made of one is a message. */
async function newestOf({ into, key }: SentBackPlace): Promise<
  ReturnType<typeof parseSentBack>
> {
  for await (const message of into.find(SENT_BACK_TOPIC, key)) {
    const told = isOwnMessage(into, message) ? parseSentBack(message.properties) : undefined;
    if (told !== undefined) return told;
  }
  return undefined;
}
