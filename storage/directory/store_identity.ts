/**
 * What is known of a store and of who wrote its log. An open store has one such object, which its
 * writer or follower updates.
 *
 * @module
 */
import type { Environment } from "../environment.ts";
import { formatUuid, isOwnPosition, type LogRange, type StreambedMeta } from "../layout/mod.ts";

/** What `streambed/meta` says of a store, or the log where a later writer went on. */
export type KnownIdentity =
  & { readonly storeId: string | undefined }
  & Pick<StreambedMeta, "epoch" | "mark" | "ranges">;

/** The identity of an open store; only {@linkcode StoreIdentity.learn} changes it. */
export class StoreIdentity implements KnownIdentity {
  /** `undefined` where Streambed has never written. */
  readonly storeId: string | undefined = undefined;
  /** Number of the last Streambed writer; 0 if there was none. */
  readonly epoch: number = 0;
  readonly mark: number = 0;
  /** Parts of the log that Streambed wrote, in order. */
  readonly ranges: readonly LogRange[] = [];

  constructor(known: Partial<KnownIdentity> = {}) {
    this.learn(known);
  }

  /** Replaces what is known by now. */
  learn({ storeId, epoch, mark, ranges }: Partial<KnownIdentity>): void {
    Object.assign(this, {
      storeId: storeId ?? this.storeId,
      epoch: epoch ?? this.epoch,
      mark: mark ?? this.mark,
      ranges: ranges ?? this.ranges,
    });
  }

  /** Whether Streambed wrote the record at a position; `undefined` if that is not known. */
  isOwn(position: number): boolean | undefined {
    return isOwnPosition(this.ranges, position);
  }
}

/** A new id, as a store gets it with its first `streambed/meta`. */
export function randomStoreId({ random }: Environment): string {
  const bytes = random.bytes(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return formatUuid(bytes, 0);
}
