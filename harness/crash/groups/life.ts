/**
 * A child process that is killed and started again, as whoever kills it sees it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ScriptChild, spawnSpoken } from "../../support/child.ts";
import { Journal } from "../journal.ts";

/** How long nothing may happen that is waited for, ms: then a process hangs. */
const PATIENCE_MS = 120_000;

/** News of several children for one that waits, and the first failure among them. */
export class News {
  #next: PromiseWithResolvers<void> = Promise.withResolvers();
  #failure: Error | undefined;

  /** Something happened. */
  tell(failure?: Error): void {
    this.#failure ??= failure;
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /**
   * Waits until something is so.
   *
   * @param what What is waited for, for an error.
   * @param isSo Whether it is so by now.
   * @throws {Error} If a child failed, or nothing happens any more.
   */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const message = `Cannot wait any longer until ${what}: a process hangs`;
    const timer = setTimeout(() => reject(new Error(message)), PATIENCE_MS);
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        if (isSo()) return;
        await Promise.race([this.#next.promise, late]);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What is started. */
export interface LifePlan {
  /** Name of this life. */
  readonly name: string;
  /** Path of the script. */
  readonly script: string;
  /** What it is told, sent as JSON. */
  readonly task: unknown;
  /** Journal in which its end is written down; none if it reads as no group. */
  readonly journal?: string;
  /** Who is told what it prints. */
  readonly news: News;
}

/** One life of a child. */
export class Life implements AsyncDisposable {
  readonly #plan: LifePlan;
  readonly #child: ScriptChild;
  readonly #lines: string[] = [];
  readonly #heard: Promise<void>;
  #isEnding = false;

  /** Starts it. */
  constructor(plan: LifePlan) {
    this.#plan = plan;
    this.#child = spawnSpoken(plan.script, [JSON.stringify(plan.task)]);
    this.#heard = this.#listen();
  }

  /** How often it printed a line that begins with a word. */
  count(word: string): number {
    return this.#lines.filter((line) => line.split(" ", 1)[0] === word).length;
  }

  /** What followed a word in the last line that began with it, which is waited for. */
  async answer(word: string): Promise<string> {
    const { name, news } = this.#plan;
    await news.until(`life ${name} says ${word}`, () => this.count(word) > 0);
    return this.#lines.findLast((line) => line.startsWith(word))!.slice(word.length + 1);
  }

  /** Tells it a line. */
  say(line: string): void {
    this.#child.say(line);
  }

  /** Sends SIGKILL. {@linkcode bury} waits for its end. */
  kill(): void {
    this.#isEnding = true;
    this.#child.kill();
  }

  /** Waits for the end of one that was killed, and writes it down. */
  async bury(): Promise<void> {
    const { signal, stderr } = await this.#child.wait();
    assert.equal(signal, "SIGKILL", `Life ${this.#plan.name} dies of nothing else: ${stderr}`);
    await this.#end();
  }

  /** Waits for the end of one that has nothing more to do. */
  async finish(): Promise<void> {
    this.#isEnding = true;
    const { code, stderr } = await this.#child.wait();
    assert.equal(code, 0, `Life ${this.#plan.name} ends in order: ${stderr}`);
    await this.#end();
  }

  /** Kills it if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    await this.#child.wait();
  }

  async #end(): Promise<void> {
    await this.#heard;
    const { journal: path, name } = this.#plan;
    if (path === undefined) return;
    using journal = new Journal(path);
    journal.append("dead", name);
  }

  async #listen(): Promise<void> {
    const { name, news } = this.#plan;
    for await (const line of this.#child) {
      this.#lines.push(line);
      news.tell();
    }
    if (this.#isEnding) return;
    const { code, stderr } = await this.#child.wait();
    if (code === 0 && this.count("left") > 0) return;
    news.tell(new Error(`Life ${name} ended with ${code} before it was to: ${stderr}`));
  }
}
