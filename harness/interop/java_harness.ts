/**
 * Apache RocketMQ's own store, asked from a test: {@linkcode javaRead} and {@linkcode javaAppend}
 * over any verb of the harness ({@linkcode runHarness}).
 *
 * Runs are queued across all test files: each is a JVM of 512 MiB, and the machine may have two
 * cores.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { withFileLock } from "../support/file_lock.ts";
import type {
  GoldenGeometry,
  JavaAnswers,
  RocketmqVersion,
  StoreAck,
} from "../support/golden_manifest.ts";
import { type HarnessLine, toAcks, toAnswers } from "./java_lines.ts";
import { cacheDirectory } from "../support/cache_directory.ts";
import { type AvailableHarness, javaHarness } from "./java_build.ts";

export { type AvailableHarness, type JavaHarness, javaHarness } from "./java_build.ts";
export type { HarnessLine } from "./java_lines.ts";

const RUN_TIMEOUT_MS = 180_000;
const MAX_OUTPUT_BYTES = 1 << 28;
/** What `--halt` exits with, as a process does that SIGKILL ended. */
const HALTED = 137;

const JVM_FLAGS = [
  "-Xmx512m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  ...["--add-opens", "java.base/java.nio=ALL-UNNAMED"],
  ...["--add-opens", "java.base/sun.nio.ch=ALL-UNNAMED"],
];

/** What a store must be told before it is opened. */
export interface JavaStoreOptions {
  /**
   * Dimensions of the files, which must be those of the writer.
   *
   * @default {{ segmentByteLength: 65536, queueEntryCount: 100, indexSlotCount: 100,
   * indexEntryCount: 400 }}
   */
  readonly geometry?: Partial<GoldenGeometry>;
  /** Further words for the command line: `["--set", "enableLmq=true"]`. */
  readonly words?: readonly string[];
  /**
   * Whether the process dies at the end like one that crashed, instead of closing the store.
   *
   * @default {false}
   */
  readonly halt?: boolean;
}

/** What a reading store is asked. */
export interface JavaReadOptions extends JavaStoreOptions {
  /**
   * Whether keys and times from the data are asked for.
   *
   * @default {false}
   */
  readonly probe?: boolean;
  /** Searches by key. */
  readonly queries?: readonly { readonly topic: string; readonly key: string }[];
  /** Searches by time. */
  readonly times?: readonly {
    readonly topic: string;
    readonly queueId: number;
    readonly time: number;
  }[];
}

/** What a writing store appends; everything beyond `n` has the harness's defaults. */
export interface JavaAppendOptions extends JavaStoreOptions {
  /** Number of plain records. */
  readonly n: number;
  /** Topics, taken in turn. */
  readonly topics?: readonly string[];
  /** Queues of each topic. */
  readonly queues?: number;
  /** Tags, taken in turn. */
  readonly tags?: readonly string[];
  /** Id of the first record, which its keys and its body follow from. */
  readonly first?: number;
  /**
   * Whether each record has a `UNIQ_KEY`.
   *
   * @default {false}
   */
  readonly uniq?: boolean;
}

/** What came of writing. */
export interface JavaAppendResult {
  /** The log's end when the store was open. */
  readonly from: number;
  /** The log's end after the last record. */
  readonly to: number;
  /** What was acknowledged; a batch once. */
  readonly acks: readonly StoreAck[];
  /** When the store was closed, ms since epoch; a process that halted did not close it. */
  readonly closedMs?: number;
}

/**
 * Runs the harness on a store.
 *
 * @param version The RocketMQ release.
 * @param verb What it does: `store-read`, `store-write`, `store-append`, ...
 * @param root The store root.
 * @param args Further words for the command line.
 * @returns The lines it printed.
 * @throws {Error} If there is no harness on this machine, or the run failed.
 */
export async function runHarness(
  version: RocketmqVersion,
  verb: string,
  root: string,
  args: readonly string[] = [],
): Promise<HarnessLine[]> {
  const harness = await javaHarness(version);
  if (!harness.available) throw new Error(`Cannot run ${verb}: ${harness.reason}`);

  const home = await mkdtemp(join(tmpdir(), "streambed-java-"));
  try {
    const words = [verb, root, ...args];
    const text = await oneJavaAtATime(() => runJava(harness, home, words));
    return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/**
 * Lets Java open a store and read all of it. The directory is changed as by any start of a broker:
 * give it a copy.
 *
 * @param version The RocketMQ release.
 * @param root The store root.
 * @param options Geometry and questions.
 * @returns Records, queues and answers, as the manifests of the golden stores have them.
 */
export async function javaRead(
  version: RocketmqVersion,
  root: string,
  options: JavaReadOptions = {},
): Promise<JavaAnswers> {
  const questions = [
    ...(options.queries ?? []).flatMap(({ topic, key }) => ["--query", `${topic}#${key}`]),
    ...(options.times ?? []).flatMap((
      { topic, queueId, time },
    ) => ["--time", `${topic}:${queueId}:${time}`]),
    ...(options.probe ? ["--probe"] : []),
  ];
  return toAnswers(
    await runHarness(version, "store-read", root, [...questions, ...storeWords(options)]),
  );
}

/**
 * Lets Java append to a store that exists.
 *
 * @param version The RocketMQ release.
 * @param root The store root.
 * @param options What to append.
 * @returns What was acknowledged.
 */
export async function javaAppend(
  version: RocketmqVersion,
  root: string,
  options: JavaAppendOptions,
): Promise<JavaAppendResult> {
  return toAcks(await runHarness(version, "store-append", root, appendWords(options)));
}

/**
 * Lets Java make a store and append to it.
 *
 * @param version The RocketMQ release.
 * @param root A directory that holds no store and need not exist.
 * @param options What to append.
 * @returns What was acknowledged.
 */
export async function javaWrite(
  version: RocketmqVersion,
  root: string,
  options: JavaAppendOptions,
): Promise<JavaAppendResult> {
  return toAcks(await runHarness(version, "store-write", root, appendWords(options)));
}

function appendWords(options: JavaAppendOptions): string[] {
  return [
    ...["--n", String(options.n)],
    ...word("topics", options.topics?.join(",")),
    ...word("queues", options.queues),
    ...word("tags", options.tags?.join(",")),
    ...word("first", options.first),
    ...(options.uniq ? ["--uniq"] : []),
    ...storeWords(options),
  ];
}

function storeWords({ geometry = {}, words = [], halt = false }: JavaStoreOptions): string[] {
  const { queueEntryCount } = geometry;
  return [
    ...word("log-size", geometry.segmentByteLength),
    ...word("cq-size", queueEntryCount === undefined ? undefined : queueEntryCount * 20),
    ...word("slots", geometry.indexSlotCount),
    ...word("indexes", geometry.indexEntryCount),
    ...words,
    ...(halt ? ["--halt"] : []),
  ];
}

function word(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`--${name}`, String(value)];
}

/**
 * Waits until no other test runs Java, in this process or another.
 *
 * @param body What runs it.
 * @returns What `body` returns.
 */
export function oneJavaAtATime<T>(body: () => Promise<T>): Promise<T> {
  return withFileLock(join(cacheDirectory(env), "run.lock"), body);
}

/**
 * The command that runs the harness.
 *
 * @param harness The harness.
 * @param home A directory for what the libraries log.
 * @param words The verb and what follows it.
 * @returns The program, and its arguments.
 */
export function javaCommand(
  { java, directory }: Pick<AvailableHarness, "java" | "directory">,
  home: string,
  words: readonly string[],
): [program: string, ...args: string[]] {
  const classPath = `${join(directory, "classes")}:${join(directory, "lib")}/*`;
  return [java, ...JVM_FLAGS, `-Duser.home=${home}`, "-cp", classPath, "rmq.Main", ...words];
}

function runJava(
  harness: AvailableHarness,
  home: string,
  words: readonly string[],
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const [java, ...args] = javaCommand(harness, home, words);
  const limits = { timeout: RUN_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };

  execFile(java, args, limits, (error, stdout, stderr) => {
    const isHalted = words.includes("--halt") && error?.code === HALTED;
    if (error === null || isHalted) return resolve(stdout);
    const said = `${stdout.slice(-1000)}\n${stderr.slice(-4000)}`;
    reject(
      new Error(`Cannot run "${words.join(" ")}": exit ${error.code ?? error.signal}\n${said}`),
    );
  });
  return promise;
}
