/**
 * What both kinds of queues have in common: a list of entries, and a scan of the log that is compared with it.
 *
 * @module
 */
import { assert } from "../../assert.ts";
import type { SyncResult } from "../../directory/mod.ts";
import type { EntryFormat } from "./entry_format.ts";
import { EntryList } from "./entry_list.ts";
import { cutUnconfirmed } from "./entry_scan.ts";
import type { QueueContext, Scan } from "./queue_context.ts";
import type { QueueIdentity } from "./queue_files.ts";

/** A queue over a list of entries. What an offset is, its kinds know. */
export class ListedQueue {
  /** The entries by index. */
  readonly list: EntryList;
  /** The scan that the entries are being compared with, once it came to this queue. */
  scan: Scan | undefined = undefined;
  /** First index that the scan has not confirmed. */
  cursor = 0;

  /**
   * Names a queue. Nothing is read before it is needed.
   *
   * @param context What all queues share.
   * @param format How entries lie on disk.
   * @param identity Which queue.
   */
  constructor(context: QueueContext, format: EntryFormat, identity: QueueIdentity) {
    this.list = new EntryList(context, format, identity);
  }

  /** Topic. */
  get topic(): string {
    return this.list.files.topic;
  }

  /** Queue of the topic. */
  get queueId(): number {
    return this.list.files.queueId;
  }

  /** Entries that are only in memory. */
  get pendingCount(): number {
    return this.list.next - this.list.written;
  }

  /** Why it must be rebuilt. */
  get damage(): string | undefined {
    this.list.load();
    return this.list.files.damage;
  }

  /** {@inheritDoc EntryQueue.finishReconcile} */
  finishReconcile(): void {
    const { list } = this;
    const { scan } = list.context;
    assert(scan !== undefined, "A scan is finished after it began");
    list.load();
    if (list.files.damage === undefined) {
      cutUnconfirmed(list, this.scan === scan ? this.cursor : list.first, scan.start);
    }
    list.endPeeking();
    this.scan = undefined;
  }

  /** {@inheritDoc EntryQueue.writePending} */
  writePending(): void {
    this.list.write();
  }

  /** {@inheritDoc EntryQueue.sync} */
  sync(): Promise<SyncResult> {
    return this.list.sync();
  }

  /** {@inheritDoc EntryQueue.refresh} */
  refresh(): void {
    this.list.refresh();
  }

  /** {@inheritDoc EntryQueue.reset} */
  reset(): void {
    this.list.reset();
    this.scan = undefined;
    this.cursor = 0;
  }
}
