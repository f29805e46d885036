/**
 * Standard output: data, and nothing else.
 *
 * Text and bytes are gathered and written in large pieces. When the reader at the other end of a pipe goes away, the
 * command ends quietly.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { ClosedPipeError } from "./cli_error.ts";
import { printable } from "./text.ts";

const BUFFER_BYTE_LENGTH = 64 * 1024;
const STDOUT = 1;
const RETRY_MS = 5;
const encoder = new TextEncoder();

/** Where data goes. */
export class Output {
  readonly #buffer = new Uint8Array(BUFFER_BYTE_LENGTH);
  readonly #descriptor: number;
  readonly #escapes: boolean;
  #length = 0;

  /**
   * Makes an output.
   *
   * @param escapes Whether JSON is escaped beyond what JSON asks for, because a terminal shows it.
   * @param descriptor Where to write; standard output when left out.
   */
  constructor(escapes: boolean = false, descriptor: number = STDOUT) {
    this.#escapes = escapes;
    this.#descriptor = descriptor;
  }

  /**
   * Writes text or bytes, sooner or later.
   *
   * @param data What to write.
   * @throws {ClosedPipeError} If nobody reads any more.
   */
  write(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    if (this.#length + bytes.length > this.#buffer.length) this.flush();
    if (bytes.length > this.#buffer.length) {
      this.#writeAll(bytes);
      return;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /**
   * Writes a line.
   *
   * @param text The line, without its end.
   */
  line(text: string): void {
    this.write(`${text}\n`);
  }

  /**
   * Writes a value as JSON, on one line.
   *
   * @param value The value.
   */
  json(value: unknown): void {
    const text = JSON.stringify(value);
    this.line(this.#escapes ? printable(text) : text);
  }

  /** Writes what was gathered. */
  flush(): void {
    const gathered = this.#buffer.subarray(0, this.#length);
    this.#length = 0;
    this.#writeAll(gathered);
  }

  #writeAll(bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) done += this.#writeSome(bytes.subarray(done));
  }

  #writeSome(bytes: Uint8Array): number {
    try {
      return writeSync(this.#descriptor, bytes);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "EPIPE") throw new ClosedPipeError();
      if (code !== "EAGAIN") throw error;
      // The pipe is full and does not block: its reader needs a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      return 0;
    }
  }
}
