/**
 * A process that does with a store what it is told, line by line, and answers each line with one.
 *
 * A request is JSON. The answer is `ok` with what was asked for, or `refused` with the error's code
 * and message.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { argv, stdin } from "node:process";
import { createInterface } from "node:readline";
import { loadLibc } from "../../ffi/mod.ts";
import {
  type Environment,
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  systemEnvironment,
} from "../../storage/mod.ts";
import { allAnswers, appendSample, SAMPLE_OPTIONS } from "../../harness/support/sample_store.ts";

/** What the process is told. */
export type StoreRequest =
  /**
   * Opens the store; `frozen` with a clock that stands still and no chance, so that every byte is
   * decided.
   */
  | { readonly do: "open"; readonly options?: OpenStoreOptions; readonly frozen?: boolean }
  /** Appends the sample, its messages numbered from `first`. */
  | { readonly do: "append"; readonly first: number }
  /** Digest of all answers of the store. */
  | { readonly do: "answers" }
  /** Digest of the first `count` messages of a queue, waiting for them. */
  | { readonly do: "follow"; readonly count: number }
  /** Closes the store. */
  | { readonly do: "close" };

/** The queue that is followed. */
const FOLLOWED = { topic: "Bills", queueId: 1 } as const;
const FROZEN_TIME_MS = 1_700_000_000_000;

const path = argv[2];
let store: Store | undefined;
for await (const line of createInterface({ input: stdin })) {
  console.log(await answer(JSON.parse(line) as StoreRequest));
}

async function answer(request: StoreRequest): Promise<string> {
  try {
    return `ok ${await carryOut(request)}`;
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    return `refused ${error.code} ${error.message}`;
  }
}

async function carryOut(request: StoreRequest): Promise<string> {
  if (request.do === "open") return await open(request.options ?? {}, request.frozen ?? false);
  if (store === undefined) throw new TypeError("Cannot use store: it was not opened");
  switch (request.do) {
    case "append":
      return String((await appendSample(store, request.first)).length);
    case "answers":
      return digest(await allAnswers(store));
    case "follow":
      return await follow(store, request.count);
    case "close":
      await store.close();
      return "";
  }
}

async function open(options: OpenStoreOptions, frozen: boolean): Promise<string> {
  const environment = systemEnvironment(await loadLibc());
  const world = frozen ? freeze(environment) : environment;
  store = await openStoreIn(world, path, { ...SAMPLE_OPTIONS, ...options });
  return "";
}

function freeze(environment: Environment): Environment {
  return {
    ...environment,
    clock: { ...environment.clock, now: () => FROZEN_TIME_MS },
    random: { bytes: (byteLength) => new Uint8Array(byteLength).fill(7) },
  };
}

async function follow(followed: Store, count: number): Promise<string> {
  const queue = followed.queue(FOLLOWED.topic, FOLLOWED.queueId);
  const texts: string[] = [];
  for await (const message of queue.read({ follow: true, from: 0, limit: count })) {
    texts.push(`${message.offset} ${message.position} ${message.text()}`);
  }
  return `${texts.length} ${digest(texts.join("\n"))}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
