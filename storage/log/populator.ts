/**
 * Makes the pages of a mapped segment present ahead of the records.
 *
 * @module
 */
import { failed, type Libc, type Mapping, type Outcome } from "../../ffi/mod.ts";

/** Bytes that another thread makes present at a time. */
const PIECE_BYTE_LENGTH = 2 * 1024 * 1024;

/** Makes pages present, at once or on another thread. */
export class Populator {
  readonly #libc: Libc;
  readonly #mapping: Mapping;
  #work: Promise<void> | undefined;
  /** What the other thread has still to do. */
  #from = 0;
  #to = 0;

  /** `mapping`: of a file whose blocks are allocated. */
  constructor(libc: Libc, mapping: Mapping) {
    this.#libc = libc;
    this.#mapping = mapping;
  }

  /**
   * Makes a range present and writable. If the file was cut this fails, where a store would raise a
   * signal.
   */
  populate(from: number, to: number): Outcome {
    const advice = this.#libc.constants.MADV_POPULATE_WRITE;
    const populated = this.#libc.madvise(this.#mapping, from, to - from, advice);
    // Kernels before 5.14 do not know the advice: the stores then fault the pages in one by one.
    return failed(populated) && populated.code === "EINVAL" ? 0 : populated;
  }

  /** Has another thread make pages present; {@linkcode populate} tells whether that worked. */
  askFor(from: number, to: number): void {
    this.#from = Math.max(this.#from, from);
    this.#to = Math.max(this.#to, Math.min(to, this.#mapping.byteLength));
    if (this.#work === undefined && this.#from < this.#to) this.#work = this.#run();
  }

  /** Stops and waits for the other thread: the mapping must outlive it. */
  async stop(): Promise<void> {
    this.#to = 0;
    await this.settled();
  }

  /** Settles when the other thread is done. */
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
