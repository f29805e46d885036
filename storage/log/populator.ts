/**
 * Makes the pages of a mapped segment present ahead of the records.
 *
 * @module
 */
import { failed, type Libc, type Mapping, type Outcome } from "../../ffi/mod.ts";

/** How much another thread is asked for at a time, bytes. */
const PIECE_BYTE_LENGTH = 2 * 1024 * 1024;

/** Makes pages present: at once, or on another thread as fast as that can. */
export class Populator {
  readonly #libc: Libc;
  readonly #mapping: Mapping;
  #work: Promise<void> | undefined;
  /** Where the other thread goes on, and how far it shall go. */
  #from = 0;
  #to = 0;

  /**
   * Makes nothing present yet.
   *
   * @param libc The operating system.
   * @param mapping Of a file whose blocks are allocated.
   */
  constructor(libc: Libc, mapping: Mapping) {
    this.#libc = libc;
    this.#mapping = mapping;
  }

  /**
   * Makes the pages of a range present and writable, which also turns a file that somebody shortened into an error instead of a
   * signal.
   *
   * @param from Byte in the segment.
   * @param to Byte after the last one.
   * @returns 0, or why it failed.
   */
  populate(from: number, to: number): Outcome {
    const advice = this.#libc.constants.MADV_POPULATE_WRITE;
    const populated = this.#libc.madvise(this.#mapping, from, to - from, advice);
    // Kernels before 5.14 do not know the advice: the stores then fault the pages in one by one.
    return failed(populated) && populated.code === "EINVAL" ? 0 : populated;
  }

  /**
   * Has pages made present by another thread. Whether that worked shows when {@linkcode populate} is asked for them in earnest.
   *
   * @param from Byte below which they are.
   * @param to Byte up to which they shall be.
   */
  askFor(from: number, to: number): void {
    this.#from = Math.max(this.#from, from);
    this.#to = Math.max(this.#to, Math.min(to, this.#mapping.byteLength));
    if (this.#work === undefined && this.#from < this.#to) this.#work = this.#run();
  }

  /** Asks for nothing more and waits for what is under way: the mapping must not go before. */
  async stop(): Promise<void> {
    this.#to = 0;
    await this.settled();
  }

  /** Settles when everything that was asked for is present. */
  async settled(): Promise<void> {
    if (this.#work !== undefined) await this.#work;
  }

  async #run(): Promise<void> {
    const advice = this.#libc.constants.MADV_POPULATE_WRITE;
    while (this.#from < this.#to) {
      const from = this.#from;
      this.#from = Math.min(from + PIECE_BYTE_LENGTH, this.#to);
      const populated = await this.#libc.madviseAsync(
        this.#mapping,
        from,
        this.#from - from,
        advice,
      );
      if (failed(populated)) break;
    }
    this.#work = undefined;
  }
}
