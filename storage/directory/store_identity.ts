/**
 * What is known of a store and of who wrote its log. An open store has one such object, which its
 * writer or follower updates.
 *
 * @module
 */
import { isInRanges, isOwnPosition, type LogRange, type StreambedMeta } from "../layout/mod.ts";

/** What `streambed/meta` says of a store, or the log where a later writer went on. */
export type KnownIdentity =
  & { readonly storeId: string | undefined }
  & Pick<StreambedMeta, "epoch" | "mark" | "ranges">;

/** The identity of an open store. */
export class StoreIdentity implements KnownIdentity {
  #storeId: string | undefined;
  #epoch = 0;
  #mark = 0;
  #ranges: readonly LogRange[] = [];

  /** Begins with what is known. */
  constructor(known: Partial<KnownIdentity> = {}) {
    this.learn(known);
  }

  /** Id of the store; `undefined` where Streambed has never written. */
  get storeId(): string | undefined {
    return this.#storeId;
  }

  /** Number of the last writer of ours; 0 where there was none. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Position below which all is known to be flushed. */
  get mark(): number {
    return this.#mark;
  }

  /** Parts of the log that Streambed wrote, in order. */
  get ranges(): readonly LogRange[] {
    return this.#ranges;
  }

  /** Takes note of what is known by now. */
  learn(known: Partial<KnownIdentity>): void {
    const { storeId, epoch, mark, ranges } = known;
    this.#storeId = storeId ?? this.#storeId;
    this.#epoch = epoch ?? this.#epoch;
    this.#mark = mark ?? this.#mark;
    this.#ranges = ranges ?? this.#ranges;
  }

  /** Whether the record at a position must carry the whole-record CRC. */
  requiresCrc(position: number): boolean {
    return isInRanges(this.#ranges, position);
  }

  /** Whether Streambed wrote the record at a position; `undefined` if nobody has said so. */
  isOwn(position: number): boolean | undefined {
    return isOwnPosition(this.#ranges, position);
  }
}
