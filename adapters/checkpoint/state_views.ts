/**
 * Views in a state: each is stored as its own bytes, not with its buffer.
 *
 * A body of 4 kB is a view of a buffer with its neighbours', and a small Buffer of Node's one of a
 * shared pool.
 *
 * @module
 */
import type { StringifyOperations } from "npm:devalue@6.0.3";

type View = ArrayBufferView<ArrayBuffer>;

/** What devalue asks of a view. */
type ViewInfo = ReturnType<StringifyOperations["viewInfo"]>;

/** What of a buffer is in the state. */
interface Use {
  isWhole: boolean;
  /** Starts of the views that are not all of it, in order. */
  readonly starts: number[];
  /** Where each of them ends. */
  readonly ends: number[];
}

export class StateViews {
  readonly #uses: Map<ArrayBufferLike, Use> = new Map();

  /**
   * Adds a view or a buffer; gives why it cannot be stored, as the end of a sentence: views that
   * share bytes would each come back with their own.
   */
  add(thing: object): string | undefined {
    const isBuffer = thing instanceof ArrayBuffer;
    if (!isBuffer && !ArrayBuffer.isView(thing)) return undefined;
    const buffer = isBuffer ? thing : thing.buffer;
    const what = isBuffer ? "a buffer" : "a view";
    if (!(buffer instanceof ArrayBuffer)) return `${what} of shared memory`;
    if (buffer.detached) return `${what} whose bytes were transferred`;
    if (buffer.resizable) return `${what} of a resizable buffer`;
    const from = isBuffer ? 0 : thing.byteOffset;
    return this.#take(buffer, from, from + thing.byteLength)
      ? undefined
      : `${what} of bytes that another view in the state has, too`;
  }

  /** Cuts a view out of its buffer. */
  cut(view: View): ViewInfo {
    const { byteOffset, byteLength } = view;
    const isWhole = byteLength === view.buffer.byteLength;
    return {
      // All of a buffer stays the buffer: others may be views of all of it, too.
      buffer: isWhole ? view.buffer : view.buffer.slice(byteOffset, byteOffset + byteLength),
      byteOffset: 0,
      byteLength,
      length: "length" in view ? Number(view.length) : byteLength,
      bufferByteLength: byteLength,
    };
  }

  /** Notes a range; tells whether it overlaps no other, or only ranges equal to it. */
  #take(buffer: ArrayBuffer, from: number, to: number): boolean {
    if (from === to) return true;
    let use = this.#uses.get(buffer);
    if (use === undefined) {
      use = { isWhole: false, starts: [], ends: [] };
      this.#uses.set(buffer, use);
    }
    const { starts, ends } = use;
    if (to - from === buffer.byteLength) {
      use.isWhole = true;
      return starts.length === 0;
    }
    const at = lowerBound(starts, from);
    const isFree = !use.isWhole && (at === 0 || ends[at - 1] <= from) &&
      (at === starts.length || to <= starts[at]);
    starts.splice(at, 0, from);
    ends.splice(at, 0, to);
    return isFree;
  }
}

/** The first place whose number is not below `value`. */
function lowerBound(numbers: readonly number[], value: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
