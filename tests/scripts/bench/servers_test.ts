/**
 * Servers that are measured: they start in the directory of their turn, keep what they answered,
 * and end with the process that started them, however it ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import process, { execPath } from "node:process";
import { test } from "node:test";
import { setImmediate, setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { findPeers } from "../../../scripts/bench/peers.ts";
import type { PeerName } from "../../../scripts/bench/scenes/contestant.ts";
import { startProgram } from "../../../scripts/bench/work/kept_program.ts";
import { connectRedis } from "../../../scripts/bench/work/server_clients.ts";
import { type ServerName, startServer } from "../../../scripts/bench/work/servers.ts";
import { skipUnless } from "../../support/skip.ts";

const CHILD = fileURLToPath(new URL("../../../scripts/bench/work/child.ts", import.meta.url));
const SERVERS: readonly ServerName[] = ["redis", "nats"];
const BODY = new Uint8Array(1024).fill(7);

/** Why a test of a server does not run here. */
function needs(name: ServerName): ReturnType<typeof skipUnless> {
  const program = `${name}-server`;
  return skipUnless(
    spawnSync(program, ["--version"]).status === 0,
    `there is no ${program} on the search path, which the benchmark measures against`,
  );
}

/** Whether a process is there and not only waited for. */
function isAlive(processId: number): boolean {
  const path = `/proc/${processId}/stat`;
  return existsSync(path) && !/\) Z /.test(readFileSync(path, "utf8"));
}

async function untilGone(processId: number): Promise<void> {
  while (isAlive(processId)) await setTimeout(5);
}

for (const name of SERVERS) {
  test(
    `startServer() has ${name} answer for what is in its files, and ends it`,
    needs(name),
    async () => {
      await using directory = await temporaryDirectory();
      const path = join(directory.path, "data");
      let processId: number;
      {
        await using server = await startServer(name, path, name === "redis");
        processId = server.processId;
        assert.ok(isAlive(processId));
        await Promise.all(Array.from({ length: 20 }, () => server.append(BODY)));
        const held = filesIn(path).filter((file) => file.includes(Buffer.from(BODY))).length;
        assert.ok(held > 0, "nothing of what was answered is in a file");
      }
      assert.ok(!isAlive(processId));
    },
  );
}

test("startServer() tells Redis to sync before it answers, or not to", needs("redis"), async () => {
  await using directory = await temporaryDirectory();
  for (const isSynced of [true, false]) {
    const path = join(directory.path, String(isSynced));
    await using _server = await startServer("redis", path, isSynced);
    const socket = connect(join(path, "redis.sock"));
    socket.end("CONFIG GET append*\r\n");
    const answer = Buffer.concat(await socket.toArray()).toString();
    assert.match(answer, isSynced ? /appendfsync\s+\$6\s+always/ : /appendfsync\s+\$2\s+no\b/);
    assert.match(answer, /appendonly\s+\$3\s+yes/);
  }
});

test(
  "startServer() ends Redis with a process that is killed, and with one that is ended",
  needs("redis"),
  async () => {
    for (const signal of ["SIGKILL", "SIGTERM"] as const) {
      await using directory = await temporaryDirectory();
      const path = join(directory.path, "data");
      const how = { server: "redis", inFlight: 1 };
      const request = { work: "serveLanes", how, root: "", path, seconds: 600, messageCount: 1e9 };
      const child = spawn(execPath, ["run", "-A", "-q", CHILD, JSON.stringify(request)]);
      const ended = once(child, "exit");
      while (!existsSync(join(path, "redis.sock"))) await setTimeout(5);
      const server = redisOf(path);
      // By `child.kill()` its end would be told to be by that signal, whatever it was.
      process.kill(child.pid!, signal);
      const [, ending] = await ended;
      // One that is ended ends the server first, and then itself.
      assert.equal(ending, signal === "SIGKILL" ? signal : null);
      if (signal === "SIGTERM") assert.ok(!isAlive(server), "it outlived the process");
      await untilGone(server);
    }
  },
);

test("FramedSocket gives answers in order, however they are cut, and errors as errors", async () => {
  const answers = ["$3\r\n1-1\r\n", "-ERR full\r\n", "$4\r\n\r\n\r\n\r\n", "+OK\r\n"].join("");
  using server = await fakeServer(async (socket) => {
    await once(socket, "data");
    for (const character of answers) {
      socket.write(character);
      await setImmediate();
    }
  });
  const client = await connectRedis({ host: "127.0.0.1", port: server.port });
  const settled = await Promise.allSettled([1, 2, 3, 4].map(() => client.append(BODY)));
  assert.deepEqual(settled.map(({ status }) => status), [
    ...["fulfilled", "rejected", "fulfilled", "fulfilled"],
  ]);
  assert.match(String((settled[1] as PromiseRejectedResult).reason), /it says ERR full/);
  client.close();
});

test("FramedSocket fails all that wait where the server goes away", async () => {
  using server = await fakeServer(async (socket) => {
    await once(socket, "data");
    socket.destroy();
  });
  const client = await connectRedis({ host: "127.0.0.1", port: server.port });
  const settled = await Promise.allSettled([client.append(BODY), client.append(BODY)]);
  assert.deepEqual(settled.map(({ status }) => status), ["rejected", "rejected"]);
});

/** A server of one connection, which ends with it. */
async function fakeServer(
  serve: (socket: Socket) => Promise<void>,
): Promise<Disposable & { readonly port: number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    void serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

test("startProgram() tells what a program said that ends before it is ready", async () => {
  const said = startProgram("sh", ["-c", "echo no such thing"], { ready: /ready/ });
  await assert.rejects(said, /Cannot start sh: it ended before it was ready\nno such thing/);
});

test("findPeers() says of NATS whether it can sync before it answers", needs("nats"), async () => {
  await using directory = await temporaryDirectory();
  const [plain, synced] = await findPeers(
    new Set<PeerName>(["NATS JetStream", "NATS JetStream, synced"]),
    false,
  );
  assert.match(plain.version ?? "", /^\d+\.\d+.* \(storage file\)$/);
  const start = startServer("nats", join(directory.path, "data"), true);
  if (synced.version === undefined) {
    assert.match(synced.missing ?? "", /sync_interval/);
    await assert.rejects(start, /unknown field "sync_interval"/);
  } else {
    await using _server = await start;
    assert.match(synced.version, /\(sync_interval: always\)$/);
  }
});

function filesIn(path: string): Buffer[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
}

/** The process of Redis that listens in a directory, as its title tells. */
function redisOf(path: string): number {
  const found = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).find((name) => {
    const file = `/proc/${name}/cmdline`;
    const line = existsSync(file) ? readFileSync(file, "utf8") : "";
    return line.startsWith("redis-server") && line.includes(path);
  });
  assert.ok(found !== undefined, path);
  return Number(found);
}
