/**
 * Fills a file system up to a given number of blocks.
 *
 * @module
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { check, failed, type Libc } from "../../../ffi/mod.ts";
import { syncFileSystem } from "../../support/raw_calls.ts";

/** Length of a block. */
export const BLOCK_BYTE_LENGTH = 4096;

const ATTEMPTS = 50;

/** Takes the space of a file system and gives it back. */
export class Filler {
  readonly #libc: Libc;
  readonly #root: string;

  /**
   * Takes nothing yet.
   *
   * @param libc The operating system.
   * @param root Where the file system is mounted.
   */
  constructor(libc: Libc, root: string) {
    this.#libc = libc;
    this.#root = root;
  }

  /** Free blocks now. */
  get freeCount(): number {
    return this.#withRoot((root) => {
      const { availableByteLength } = check(this.#libc.fstatfs(root), "fstatfs");
      return Math.floor(availableByteLength / BLOCK_BYTE_LENGTH);
    });
  }

  /**
   * Leaves so many blocks free.
   *
   * @param count How many.
   */
  leave(count: number): void {
    const { O_RDWR, O_CREAT } = this.#libc.constants;
    this.#withRoot((root) => {
      const how = { flags: O_RDWR | O_CREAT, mode: 0o600 };
      const file = check(this.#libc.openat2(root, "filler", how), "open filler");
      let length = 0;
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const excess = this.freeCount - count;
        if (excess === 0) break;
        length = Math.max(0, length + excess * BLOCK_BYTE_LENGTH);
        if (excess < 0) check(this.#libc.ftruncate(file, length), "ftruncate filler");
        else if (failed(this.#libc.fallocate(file, 0, 0, length))) {
          length = check(this.#libc.fstat(file), "fstat filler").byteLength;
        }
        syncFileSystem(this.#root);
      }
      check(this.#libc.close(file), "close filler");
    });
  }

  /** Makes room. */
  free(): void {
    rmSync(join(this.#root, "filler"), { force: true });
    syncFileSystem(this.#root);
  }

  #withRoot<T>(use: (root: number) => T): T {
    const { O_RDONLY, O_DIRECTORY } = this.#libc.constants;
    const root = check(this.#libc.open(this.#root, { flags: O_RDONLY | O_DIRECTORY }), "open");
    try {
      return use(root);
    } finally {
      this.#libc.close(root);
    }
  }
}
