/**
 * A process that has a store open and goes on using it, whatever somebody else does to its
 * segments.
 *
 * It is told `open <role> <path> <options as JSON>`, reads all, answers `ready <guard>`, and reads
 * on; a writer appends too. Told `acted` it appends once more, reads every message once more,
 * closes the store, and answers with a {@linkcode HoldingLine}. The argument is a fault to plant.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { argv, stdin } from "node:process";
import { createInterface } from "node:readline";
import { type Libc, loadLibc } from "../../../ffi/mod.ts";
import {
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  StoreError,
  systemEnvironment,
} from "../../../storage/mod.ts";
import { TRUNCATION_FAULTS, withTruncationFault } from "./faults.ts";
import { isAsWritten, textOf, TOPIC } from "./stored.ts";
import { withoutLeases } from "../../support/libc_overrides.ts";

/** What a process saw. */
export interface HoldingLine {
  /** Whether the append after the act was refused. */
  readonly refused: boolean;
  /** Errors of reading and notes, one of each. */
  readonly noticed: readonly string[];
  /** Messages that were not what was written. */
  readonly wrong: number;
  /** Errors that are none of the two that fit. */
  readonly odd: readonly string[];
}

/** More would fill the segment, and it would not be the active one any more. */
const APPEND_COUNT_MAX = 100;
const FLUSH_EVERY = 8;

async function run(): Promise<void> {
  const libc = await loadLibc();
  let holder: Holder | undefined;
  for await (const line of createInterface({ input: stdin })) {
    if (line === "acted") {
      print(JSON.stringify(await holder!.finish()));
      continue;
    }
    const [, role, path, ...options] = line.split(" ");
    holder = await Holder.open(libc, role === "writer", path, JSON.parse(options.join(" ")));
    print(`ready ${holder.guard}`);
  }
}

function print(line: string): void {
  writeSync(1, `${line}\n`);
}

class Holder {
  readonly #store: Store;
  readonly #isWriter: boolean;
  /** Positions of the messages that were there at first, by offset. */
  readonly #positions: readonly number[];
  readonly #noticed = new Set<string>();
  readonly #odd = new Set<string>();
  readonly #using: Promise<void>;
  #appended = 0;
  #wrong = 0;
  #isOver = false;
  #refused = false;

  constructor(store: Store, isWriter: boolean, positions: readonly number[]) {
    this.#store = store;
    this.#isWriter = isWriter;
    this.#positions = positions;
    this.#using = this.#use();
  }

  static async open(
    libc: Libc,
    isWriter: boolean,
    path: string,
    options: OpenStoreOptions,
  ): Promise<Holder> {
    const fault = TRUNCATION_FAULTS.find((name) => name === argv[2]);
    const system = options.guard === "sigbus" ? withoutLeases(libc) : libc;
    const environment = systemEnvironment(withTruncationFault(system, fault));
    const store = await openStoreIn(environment, path, { ...options, readOnly: !isWriter });
    const messages = await Array.fromAsync(store.queue(TOPIC).read());
    return new Holder(store, isWriter, messages.map(({ position }) => position));
  }

  get guard(): string {
    return this.#store.info.guard;
  }

  /** One more append, one more look at everything, and the end. */
  async finish(): Promise<HoldingLine> {
    this.#isOver = true;
    await this.#using;
    if (this.#isWriter) await this.#append();
    await this.#readAll();
    for (const [offset, position] of this.#positions.entries()) await this.#get(position, offset);
    for (const note of this.#store.info.notes) this.#noticed.add(note);
    await this.#store.close().catch((error) => this.#take(error));
    return {
      refused: this.#refused,
      noticed: [...this.#noticed],
      wrong: this.#wrong,
      odd: [...this.#odd],
    };
  }

  async #use(): Promise<void> {
    while (!this.#isOver) {
      if (this.#isWriter && !this.#refused && this.#appended < APPEND_COUNT_MAX) {
        await this.#append();
      }
      await this.#readAll();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async #append(): Promise<void> {
    const offset = this.#store.queue(TOPIC).endOffset;
    const durability = this.#appended++ % FLUSH_EVERY === 0 ? "flushed" : "committed";
    try {
      await this.#store.append({ topic: TOPIC, body: textOf(offset) }, { durability });
    } catch (error) {
      this.#refused = true;
      if (!StoreError.is(error, "DURABILITY_LOST")) this.#odd.add(String(error));
    }
  }

  async #readAll(): Promise<void> {
    let offset = 0;
    try {
      for await (const message of this.#store.queue(TOPIC).read()) {
        if (!isAsWritten(message, offset++)) this.#wrong++;
      }
    } catch (error) {
      this.#take(error);
    }
  }

  async #get(position: number, offset: number): Promise<void> {
    try {
      // Asked by position, a store gives nothing for a record that has gone.
      const message = await this.#store.get(position);
      if (message !== undefined && !isAsWritten(message, offset)) this.#wrong++;
    } catch (error) {
      this.#take(error);
    }
  }

  #take(error: unknown): void {
    const isFit = StoreError.is(error, "CORRUPTED") || StoreError.is(error, "DURABILITY_LOST");
    (isFit ? this.#noticed : this.#odd).add(String(error));
  }
}

if (import.meta.main) await run();
