/**
 * A real broker that runs while a test does something else, with clients that do what the test
 * says; also as another user.
 *
 * @module
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getuid } from "node:process";
import type { RocketmqVersion } from "../../harness/support/golden_manifest.ts";
import { ScriptChild } from "../../harness/support/child.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { javaCommand, javaHarness, oneJavaAtATime } from "../../harness/interop/java_harness.ts";

/** The user that a broker runs as where the test is root. */
const BROKER = 3000;
const AS_BROKER = ["setpriv", "--reuid", `${BROKER}`, "--regid", `${BROKER}`, "--clear-groups"];

/** Short, so that some hundred messages fill several. */
const SEGMENT_BYTE_LENGTH = 65_536;

/**
 * A broker on a busy machine refuses messages that have waited 200 ms, or that took a second to
 * store.
 */
const PATIENT = ["brokerFastFailureEnable=false", "osPageCacheBusyTimeOutMills=120000"];

const POLL_MS = 50;
const DEADLINE_MS = 120_000;

/** The user that brokers run as: another one than the test's where that can be. */
export const brokerUser: number = canChangeUser() ? BROKER : getuid?.() ?? -1;

/** Why brokers run as the test's own user; empty if they do not. */
export const sameUserReason: string = brokerUser === BROKER
  ? ""
  : "running a broker as another user needs root, setpriv, and a directory for temporary files that others may enter";

function canChangeUser(): boolean {
  if (getuid?.() !== 0) return false;
  const [program, ...args] = [...AS_BROKER, "test", "-x", tmpdir()];
  return spawnSync(program, args).status === 0;
}

/** What a broker is told. */
export interface BrokerPlan {
  /** The RocketMQ release. */
  readonly version: RocketmqVersion;
  /** The store root; the broker makes it where there is none. */
  readonly root: string;
  /** Settings: `enableLmq=true`. */
  readonly settings: readonly string[];
  /**
   * Whether it dies like a process that was killed, once it has written how far groups have read.
   */
  readonly halt: boolean;
  /**
   * What happens to the directory before it, where the time from there on counts: brokers of other
   * tests may run for minutes.
   */
  readonly before?: () => Promise<void>;
}

/** A message that a client of the broker was given. */
export interface ReadAnswer {
  /** Where the group was. */
  readonly from: number;
  /** Where it is now. */
  readonly to: number;
  /** Texts of the messages between. */
  readonly bodies: readonly string[];
}

/** A message as RocketMQ's own client hands it out. */
export interface ClientMessage {
  /** Text. */
  readonly body: string;
  /** Tag. */
  readonly tags: string | null;
  /** Keys, with spaces between. */
  readonly keys: string | null;
  /** The sender's number. */
  readonly flag: number;
  /** How often a consumer sent it back. */
  readonly reconsumeTimes: number;
  /** The topic that it is said to be of. */
  readonly topic: string;
  /** All properties. */
  readonly properties: Readonly<Record<string, string>>;
}

/** A line of an answer; its type says what is in it. */
export type AnswerLine = Partial<ClientMessage> & {
  readonly type: string;
  readonly status?: string;
  readonly from?: number;
  readonly to?: number;
  /** When a message is to be delivered, and its client's key. */
  readonly at?: number;
  readonly key?: string;
};

/** A broker that runs, and its clients. */
export class ServingBroker {
  readonly #child: ScriptChild;

  /** Takes over a harness that serves. */
  constructor(child: ScriptChild) {
    this.#child = child;
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * Sends the messages {@linkcode sentText} of the numbers from `first` on.
   *
   * @param topic Topic.
   * @param queueId Queue of the topic.
   * @param ids First number, and how many.
   * @param light Light queues that get them too.
   */
  async send(
    topic: string,
    queueId: number,
    { first, count }: { readonly first: number; readonly count: number },
    light: readonly string[] = [],
  ): Promise<void> {
    const lines = await this.ask(`send ${topic} ${queueId} ${first} ${count} ${light.join()}`);
    assert.equal(lines.filter(({ status }) => status === "SEND_OK").length, count);
  }

  /**
   * Reads what a group has not read, with RocketMQ's own client, which tells the broker how far it
   * got.
   *
   * @param group Group.
   * @param topic Topic.
   * @param queueId Queue of the topic.
   * @returns What it was given.
   */
  async read(group: string, topic: string, queueId: number): Promise<ReadAnswer> {
    const lines = await this.ask(`read ${group} ${topic} ${queueId}`);
    const bodies = lines.filter(({ type }) => type === "read").map(({ body }) => body!);
    const { from, to } = lines.at(-1)!;
    return { from: from!, to: to!, bodies };
  }

  /**
   * Waits until a group was given so many that it had not read.
   *
   * @param group Group.
   * @param topic Topic.
   * @param queueId Queue of the topic.
   * @param count How many.
   * @returns What it was given.
   */
  async receive(
    group: string,
    { topic, queueId }: { readonly topic: string; readonly queueId: number },
    count: number,
  ): Promise<ClientMessage[]> {
    const found: ClientMessage[] = [];
    for (const end = Date.now() + DEADLINE_MS; found.length < count;) {
      assert.ok(Date.now() < end, `${topic}/${queueId} has ${found.length} of ${count}`);
      found.push(...readOf(await this.ask(`read ${group} ${topic} ${queueId}`)));
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return found;
  }

  /**
   * Starts a push consumer of RocketMQ's own, and ends it once it was handed so many messages and
   * has nothing left.
   *
   * @param group Group.
   * @param topic Topic.
   * @param plan How many messages it is to be handed; how often each may come again; the level of
   * the delay before, 0 for what the broker chooses; and which keys fail, while they were sent back
   * less often than that.
   * @returns What it was handed.
   */
  async push(
    group: string,
    topic: string,
    { count, most, level, failures = {} }: {
      readonly count: number;
      readonly most: number;
      readonly level: number;
      readonly failures?: Readonly<Record<string, number>>;
    },
  ): Promise<ClientMessage[]> {
    const failing = Object.entries(failures).map(([key, times]) => `${key}:${times}`).join();
    return readOf(await this.ask(`push ${group} ${topic} ${count} ${most} ${level} ${failing}`));
  }

  /** Asks what the harness's README tells. */
  ask(request: string): Promise<AnswerLine[]> {
    this.#child.say(request.trim());
    return this.#answer();
  }

  /** Waits until it serves. */
  async ready(): Promise<void> {
    await this.#answer();
  }

  /** Ends it. */
  async end(halt: boolean): Promise<void> {
    if (halt) this.#child.say("halt");
    const { code, stderr } = await this.#child.wait();
    assert.equal(code, halt ? 137 : 0, stderr.slice(-4000));
  }

  async #answer(): Promise<AnswerLine[]> {
    for (const lines: AnswerLine[] = [];;) {
      const text = await this.#child.nextLine();
      if (text === undefined) throw new Error(`Cannot ask the broker: ${await this.#said()}`);
      const line: AnswerLine = JSON.parse(text);
      if (line.type === "done") return lines;
      lines.push(line);
    }
  }

  async #said(): Promise<string> {
    return (await this.#child.wait()).stderr.slice(-4000);
  }
}

function readOf(lines: readonly AnswerLine[]): ClientMessage[] {
  return lines.filter(({ type }) => type === "read") as unknown as ClientMessage[];
}

/** The text of the message with a number, which the harness makes too. */
export function sentText(id: number): string {
  return `m${id}`.repeat(1 + id % 50);
}

/**
 * Runs a broker, as {@linkcode brokerUser}, while a test does something.
 *
 * @param plan What it is told.
 * @param body What the test does.
 */
export async function withServingBroker(
  { version, root, settings, halt, before }: BrokerPlan,
  body: (broker: ServingBroker) => Promise<void>,
): Promise<void> {
  const harness = await javaHarness(version);
  if (!harness.available) throw new Error(`Cannot run a broker: ${harness.reason}`);

  await using home = await temporaryDirectory("streambed-java-");
  const words = [
    "serve",
    root,
    "--log-size",
    `${SEGMENT_BYTE_LENGTH}`,
    ...[...PATIENT, ...settings].flatMap((setting) => ["--set", setting]),
  ];
  let { directory } = harness;
  if (brokerUser === BROKER) {
    // The cache may be in a home directory, which others do not enter.
    directory = join(home.path, "harness");
    for (const part of ["classes", "lib"]) {
      cpSync(join(harness.directory, part), join(directory, part), { recursive: true });
    }
    chownSync(home.path, BROKER, BROKER);
    chmodSync(home.path, 0o755);
  }
  const command = javaCommand({ ...harness, directory }, home.path, words);
  const [program, ...args] = brokerUser === BROKER ? [...AS_BROKER, ...command] : command;
  await oneJavaAtATime(async () => {
    await before?.();
    await using child = new ScriptChild(spawn(program, args));
    const broker = new ServingBroker(child);
    await broker.ready();
    await body(broker);
    await broker.end(halt);
  });
}
