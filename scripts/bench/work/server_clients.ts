/**
 * As much of the protocols of Redis and of NATS as it takes to append.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { NetConnectOpts } from "node:net";
import { FramedSocket } from "./framed_socket.ts";

/** Who asks a server. */
export interface Client {
  /** Appends a body; settles when the server has answered that it has it. */
  append(body: Uint8Array): Promise<void>;
  /** Ends the connection. */
  close(): void;
}

/** Stream and subject of all messages. */
const STREAM = "bench";
/** Answers of NATS go to subjects that begin so. */
const INBOX = "_INBOX.bench";
const LINE_END = Buffer.from("\r\n");

/**
 * Appends by `XADD`, each message an entry of one field.
 *
 * @param address Where the server listens.
 * @returns The client.
 */
export async function connectRedis(address: NetConnectOpts): Promise<Client> {
  const socket = await FramedSocket.open(address, {
    bodyByteLengthOf: (line) => line.startsWith("$") ? Number(line.slice(1)) : undefined,
    onFrame: (line) => socket.answer(line.startsWith("-") ? line.slice(1) : undefined),
  });
  const words = ["XADD", STREAM, "*", "body"].map((word) => `$${word.length}\r\n${word}\r\n`);
  return {
    append: (body) =>
      socket.ask(Buffer.from(`*5\r\n${words.join("")}$${body.length}\r\n`), body, LINE_END),
    close: () => socket.close(),
  };
}

/**
 * Makes a stream that is stored in files, and publishes to it; each message is answered.
 *
 * @param address Where the server listens.
 * @returns The client.
 */
export async function connectNats(address: NetConnectOpts): Promise<Client> {
  const socket = await FramedSocket.open(address, {
    bodyByteLengthOf: (line) =>
      line.startsWith("MSG ") ? Number(line.slice(line.lastIndexOf(" "))) : undefined,
    onFrame(line, body) {
      if (line.startsWith("MSG ")) socket.answer(body.includes('"error":') ? body : undefined);
      else if (line === "PING") socket.send(Buffer.from("PONG\r\n"));
      else if (line.startsWith("-ERR")) socket.answer(line);
    },
  });
  function publish(subject: string, body: Uint8Array): Promise<void> {
    return socket.ask(
      Buffer.from(`PUB ${subject} ${INBOX}.answer ${body.length}\r\n`),
      body,
      LINE_END,
    );
  }
  socket.send(Buffer.from(`CONNECT {"verbose":false}\r\nSUB ${INBOX}.* 1\r\n`));
  const stream = { name: STREAM, subjects: [STREAM], storage: "file", retention: "limits" };
  await publish(`$JS.API.STREAM.CREATE.${STREAM}`, Buffer.from(JSON.stringify(stream)));
  return { append: (body) => publish(STREAM, body), close: () => socket.close() };
}
