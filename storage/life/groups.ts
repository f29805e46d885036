/**
 * The groups of an open store, whether it writes or only reads.
 *
 * @module
 */
import type { GroupOffset } from "../broker/mod.ts";
import type { ClaimRequest, HeldClaim } from "../port.ts";
import type { GroupPlace } from "../types.ts";

/** How far groups have read, and the claims of this store. */
export interface Groups {
  /** All progress that is known. */
  all(): GroupOffset[];
  /** Gives the id of the process that holds a claim now, as far as is known. */
  claimants(): (claim: ClaimRequest) => number | undefined;
  /**
   * Claims a queue for a group.
   *
   * @throws {StoreError<"GROUP_BUSY">} If it is claimed, in this process or another.
   * @throws {StoreError<"PERMISSION_DENIED">} If `streambed/groups` may not be written.
   */
  claim(claim: ClaimRequest): HeldClaim;
  /**
   * Sets a group's progress, durably.
   *
   * @throws {StoreError<"GROUP_BUSY">} If the queue is claimed.
   */
  move(group: string, to: GroupPlace): Promise<void>;
  /** Makes all progress durable, also changes during an earlier call. */
  write(): Promise<void>;
}
