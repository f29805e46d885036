/**
 * Standard output, for data alone, gathered and written in large pieces. When the reader of a pipe
 * goes away, the command ends quietly.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { ClosedPipeError, CommandError } from "./cli_error.ts";
import { callFailure } from "./failure_text.ts";
import { printable } from "./text.ts";

const BUFFER_BYTE_LENGTH = 64 * 1024;
const STDOUT = 1;
const RETRY_MS = 5;
const ACTION = "write to standard output";
const encoder = new TextEncoder();

export class Output {
  readonly #buffer = new Uint8Array(BUFFER_BYTE_LENGTH);
  readonly #descriptor: number;
  readonly #escapes: boolean;
  #length = 0;

  /** `escapes` goes beyond what JSON asks for, for a terminal. */
  constructor(escapes: boolean = false, descriptor: number = STDOUT) {
    this.#escapes = escapes;
    this.#descriptor = descriptor;
  }

  /**
   * Gathers text or bytes.
   *
   * @throws {ClosedPipeError} If the reader has gone.
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

  line(text: string): void {
    this.write(`${text}\n`);
  }

  /** Writes a value as JSON, on one line. */
  json(value: unknown): void {
    const text = JSON.stringify(value);
    this.line(this.#escapes ? printable(text) : text);
  }

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
      if (code !== "EAGAIN") throw new CommandError(callFailure(ACTION, error), { cause: error });
      // The pipe is full and does not block: its reader needs a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
      return 0;
    }
  }
}
