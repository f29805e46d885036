/**
 * Which of the other stores can be measured on this machine, and why not.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type PeerName, PEERS } from "./scenes/contestant.ts";
import { loadSqlite } from "./work/databases.ts";
import { natsConfiguration } from "./work/servers.ts";

/** The script that builds and runs the stores in programs of their own. */
export const PEERS_SCRIPT: string = fileURLToPath(new URL("peers/peers", import.meta.url));

/** A store, and whether it takes part. */
export interface Peer {
  /** Which one. */
  readonly name: PeerName;
  /** Its version, if it is there. */
  readonly version?: string;
  /** Why it is not. */
  readonly missing?: string;
}

const QUICK_REASON = "--quick leaves out what needs Java";

/**
 * Looks for all stores that take part, and builds those that must be built.
 *
 * @param names Those who are needed.
 * @param isQuick Whether Java is left out.
 * @returns All of them.
 */
export async function findPeers(names: ReadonlySet<PeerName>, isQuick: boolean): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const name of PEERS) {
    if (names.has(name)) peers.push({ name, ...await FINDERS[name](isQuick) });
  }
  return peers;
}

const REDIS_SETTINGS = "appendonly yes, appendfsync always, in the page cache no";
const NATS_VERSION = /v(\d\S*)/;

type Found = Omit<Peer, "name">;

const FINDERS: Readonly<Record<PeerName, (isQuick: boolean) => Promise<Found>>> = {
  "lmdb": findLmdb,
  "SQLite": async () => ({ version: (await loadSqlite()).binding }),
  "RocketMQ": (isQuick) => isQuick ? leftOut() : build("rocketmq", "5.3.3"),
  "Kafka": (isQuick) => isQuick ? leftOut() : build("kafka", "4.3.1"),
  "Chronicle": (isQuick) => isQuick ? leftOut() : build("chronicle", "2026.4"),
  "Redis Streams": () => findServer("redis-server", /v=(\S+)/, REDIS_SETTINGS),
  "NATS JetStream": () => findServer("nats-server", NATS_VERSION, "storage file"),
  "NATS JetStream, synced": findSyncedNats,
  "raw C": () => build("raw", "gcc -O2"),
};

function leftOut(): Promise<Found> {
  return Promise.resolve({ missing: QUICK_REASON });
}

async function findLmdb(): Promise<Found> {
  try {
    await import("npm:lmdb@3.5.6");
    return { version: "3.5.6" };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { missing: `lmdb does not load: ${error.message.split("\n")[0]}` };
  }
}

/** What is built already is not built again. */
async function build(name: string, version: string): Promise<Found> {
  try {
    const command = new Deno.Command(PEERS_SCRIPT, { args: ["build", name], stdout: "null" });
    const { success, stderr } = await command.output();
    if (success) return { version };
    const lines = new TextDecoder().decode(stderr).trim().split("\n");
    return { missing: lines.find((line) => line.includes("ERROR")) ?? lines.at(-1) ?? "" };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { missing: `the script ${name} is built with does not run: ${error.message}` };
  }
}

/** A server is used where it is installed; none is fetched. */
async function findServer(program: string, version: RegExp, settings: string): Promise<Found> {
  const { missing, said } = await ask(program, ["--version"]);
  if (said === undefined) return { missing };
  return { version: `${version.exec(said)?.[1]} (${settings})` };
}

/** One that does not know the setting refuses the configuration. */
async function findSyncedNats(): Promise<Found> {
  const found = await findServer("nats-server", NATS_VERSION, "sync_interval: always");
  if (found.version === undefined) return found;
  const directory = mkdtempSync(join(tmpdir(), "streambed-nats-"));
  try {
    const configuration = join(directory, "nats.conf");
    writeFileSync(configuration, natsConfiguration(directory, true));
    const { missing } = await ask("nats-server", ["-t", "-c", configuration]);
    if (missing === undefined) return found;
    const isUnknown = missing.includes('unknown field "sync_interval"');
    return { missing: isUnknown ? "nats-server does not know `sync_interval: always`" : missing };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What a program says of itself, or why it does not. */
async function ask(
  program: string,
  args: readonly string[],
): Promise<{ readonly said?: string; readonly missing?: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args] })
      .output();
    const said = new TextDecoder().decode(success ? stdout : stderr).trim();
    return success ? { said } : { missing: `${program} says: ${said}` };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { missing: `there is no ${program} on the search path` };
  }
}
