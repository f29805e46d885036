/**
 * The servers that Streambed is measured against: each is started for a turn in the turn's
 * directory, is asked through a socket, and ends with the turn.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type KeptProgram, startProgram } from "./kept_program.ts";
import { type Client, connectNats, connectRedis } from "./server_clients.ts";

/** Which of the servers. */
export type ServerName = "redis" | "nats";

/** A server that runs, and is asked. */
export interface Server extends AsyncDisposable {
  /** Its process. */
  readonly processId: number;
  /** Appends a body; settles with the answer. */
  append(body: Uint8Array): Promise<void>;
}

/**
 * Starts a server in a new directory.
 *
 * @param name Which.
 * @param path Where nothing is yet.
 * @param isSynced Whether it is told to sync before it answers, or to leave that to the kernel.
 * @returns The server.
 * @throws {Error} If it does not start; with what it said.
 */
export async function startServer(
  name: ServerName,
  path: string,
  isSynced: boolean,
): Promise<Server> {
  mkdirSync(path, { recursive: true });
  return name === "redis" ? await startRedis(path, isSynced) : await startNats(path, isSynced);
}

async function startRedis(path: string, isSynced: boolean): Promise<Server> {
  const socket = join(path, "redis.sock");
  const program = await startProgram("redis-server", redisArguments(path, socket, isSynced), {
    ready: /ready to accept connections/,
  });
  return await served(program, () => connectRedis({ path: socket }));
}

function redisArguments(path: string, socket: string, isSynced: boolean): string[] {
  const settings = {
    "port": "0",
    "unixsocket": socket,
    "dir": path,
    "save": "",
    "appendonly": "yes",
    "appendfsync": isSynced ? "always" : "no",
    // To write the log anew is work that no other store does in so short a time.
    "auto-aof-rewrite-percentage": "0",
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function startNats(path: string, isSynced: boolean): Promise<Server> {
  const configuration = join(path, "nats.conf");
  writeFileSync(configuration, natsConfiguration(path, isSynced));
  const program = await startProgram("nats-server", ["-c", configuration], {
    ready: /Server is ready/,
  });
  const port = /Listening for client connections on \S+:(\d+)/.exec(program.log)?.[1];
  return await served(program, () => connectNats({ host: "127.0.0.1", port: Number(port) }));
}

/**
 * What a server of NATS is told.
 *
 * @param path Where its files go.
 * @param isSynced Whether it is to sync before it answers, which an old one does not know.
 * @returns A configuration.
 */
export function natsConfiguration(path: string, isSynced: boolean): string {
  const sync = isSynced ? ", sync_interval: always" : "";
  return `listen: "127.0.0.1:-1"\njetstream { store_dir: ${JSON.stringify(path)}${sync} }\n`;
}

/** A server that cannot be asked is ended. */
async function served(program: KeptProgram, connect: () => Promise<Client>): Promise<Server> {
  try {
    const client = await connect();
    return {
      processId: program.processId,
      append: client.append,
      async [Symbol.asyncDispose]() {
        client.close();
        await program.end();
      },
    };
  } catch (error) {
    await program.end();
    throw error;
  }
}
