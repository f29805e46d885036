/**
 * A connection to a server whose answers are lines, some of them with bytes behind them: what Redis
 * and NATS have in common. The clients of their makers take longer over a message than the servers
 * do, and would be what is measured.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, type NetConnectOpts, type Socket } from "node:net";

/** What is told of a server's answers. */
export interface FrameReader {
  /** How many bytes follow a line; none when left out. */
  bodyByteLengthOf(line: string): number | undefined;
  /** Takes a line without its end, and what followed it. */
  onFrame(line: string, body: string): void;
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

const LINE_END = "\r\n";

/** The connection. Answers come in the order of what was asked. */
export class FramedSocket {
  readonly #socket: Socket;
  #outgoing: Uint8Array[] = [];
  #incoming: Buffer = Buffer.alloc(0);
  #waiting: Waiting[] = [];
  #answeredCount = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /**
   * Connects.
   *
   * @param address Where to.
   * @param reader Told what is said.
   * @returns The connection.
   */
  static async open(address: NetConnectOpts, reader: FrameReader): Promise<FramedSocket> {
    const socket = connect(address);
    const framed = new FramedSocket(socket);
    socket.on("data", (bytes: Buffer) => framed.#take(bytes, reader));
    await once(socket, "connect");
    socket.setNoDelay(true);
    socket.on("error", (error) => framed.#failAll(error));
    socket.on("close", () => framed.#failAll(new Error("Cannot ask the server: it is gone")));
    return framed;
  }

  /** Sends bytes, together with all others of the same turn. */
  send(...pieces: readonly Uint8Array[]): void {
    if (this.#outgoing.length === 0) {
      queueMicrotask(() => this.#socket.write(Buffer.concat(this.#outgoing.splice(0))));
    }
    this.#outgoing.push(...pieces);
  }

  /** Sends bytes that are answered; settles with the answer. */
  ask(...pieces: readonly Uint8Array[]): Promise<void> {
    this.send(...pieces);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Settles the first that waits for an answer: with an error if there was one. */
  answer(error?: string): void {
    const first = this.#waiting.at(this.#answeredCount++);
    if (first === undefined) throw new Error(`Cannot use answer: nothing was asked (${error})`);
    if (this.#answeredCount === this.#waiting.length) {
      this.#waiting = [];
      this.#answeredCount = 0;
    }
    if (error === undefined) first.resolve();
    else first.reject(new Error(`Cannot append to the server: it says ${error}`));
  }

  /** Ends the connection. */
  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer, reader: FrameReader): void {
    const all = this.#incoming.length === 0 ? bytes : Buffer.concat([this.#incoming, bytes]);
    let from = 0;
    for (;;) {
      const end = all.indexOf(LINE_END, from);
      if (end === -1) break;
      const line = all.toString("latin1", from, end);
      const bodyFrom = end + LINE_END.length;
      const byteLength = reader.bodyByteLengthOf(line);
      const next = bodyFrom + (byteLength === undefined ? 0 : byteLength + LINE_END.length);
      if (next > all.length) break;
      reader.onFrame(line, all.toString("latin1", bodyFrom, bodyFrom + (byteLength ?? 0)));
      from = next;
    }
    this.#incoming = all.subarray(from);
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.splice(this.#answeredCount)) reject(error);
    this.#waiting = [];
    this.#answeredCount = 0;
  }
}
