/**
 * Watches of files and directories, and the queues that their events go to.
 *
 * @module
 */
import type { LinuxConstants } from "../../../ffi/mod.ts";
import { SimDirectory, type SimFile } from "./nodes.ts";

const HEADER_BYTE_LENGTH = 16;
const NAME_ALIGNMENT = 16;

interface WatchEvent {
  readonly watch: number;
  readonly mask: number;
  readonly name: string;
}

/** One inotify queue: what a descriptor of `inotifyInit` stands for. */
export class SimInotify {
  readonly #constants: LinuxConstants;
  readonly #watches: Map<number, { readonly watched: object; readonly mask: number }> = new Map();
  readonly #waiting: Set<() => void> = new Set();
  #events: WatchEvent[] = [];
  #lastWatch = 0;

  /** Makes an empty queue. */
  constructor(constants: LinuxConstants) {
    this.#constants = constants;
  }

  /** Whether there is something to read. */
  get readable(): boolean {
    return this.#events.length > 0;
  }

  /** Watches an inode; a second watch of the same one replaces the mask. */
  add(watched: object, mask: number): number {
    const known = [...this.#watches].find(([, watch]) => watch.watched === watched)?.[0];
    const watch = known ?? ++this.#lastWatch;
    this.#watches.set(watch, { watched, mask });
    return watch;
  }

  /** Ends a watch; `false` if there is none of that number. */
  remove(watch: number): boolean {
    if (!this.#watches.delete(watch)) return false;
    this.#push({ watch, mask: this.#constants.IN_IGNORED, name: "" });
    return true;
  }

  /** Something happened to an inode. */
  notify(watched: object, mask: number, name: string): void {
    for (const [watch, { watched: other, mask: wanted }] of this.#watches) {
      if (other === watched && (wanted & mask) !== 0) this.#push({ watch, mask, name });
    }
  }

  /** Calls back once, when there is something to read. */
  whenReadable(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }

  /** A file was written to: who watches its directory is told by its name there. */
  notifyModified(file: SimFile): void {
    const mask = this.#constants.IN_MODIFY;
    this.notify(file, mask, "");
    for (const { watched } of [...this.#watches.values()]) {
      if (!(watched instanceof SimDirectory)) continue;
      for (const [name, node] of watched.entries) {
        if (node === file) this.notify(watched, mask, name);
      }
    }
  }

  /**
   * Takes as many whole events as fit.
   *
   * @param target Where they go, as `struct inotify_event`.
   * @returns How many bytes; 0 if the first event does not fit.
   */
  read(target: Uint8Array): number {
    let at = 0;
    while (this.#events.length > 0) {
      const encoded = encodeEvent(this.#events[0]);
      if (at + encoded.length > target.length) break;
      target.set(encoded, at);
      at += encoded.length;
      this.#events.shift();
    }
    return at;
  }

  #push(event: WatchEvent): void {
    const last = this.#events.at(-1);
    const same = last !== undefined && last.watch === event.watch && last.mask === event.mask &&
      last.name === event.name;
    if (!same) this.#events.push(event);
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

function encodeEvent({ watch, mask, name }: WatchEvent): Uint8Array {
  const text = new TextEncoder().encode(name);
  const nameByteLength = text.length === 0
    ? 0
    : Math.ceil((text.length + 1) / NAME_ALIGNMENT) * NAME_ALIGNMENT;
  const bytes = new Uint8Array(HEADER_BYTE_LENGTH + nameByteLength);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, watch, true);
  view.setUint32(4, mask, true);
  view.setUint32(12, nameByteLength, true);
  bytes.set(text, HEADER_BYTE_LENGTH);
  return bytes;
}
