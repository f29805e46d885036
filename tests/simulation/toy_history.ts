/**
 * Histories of the toy log: boots, appends, faults, deaths, and the promises that must hold afterwards.
 *
 * @module
 */
import { check, SystemError } from "../../ffi/mod.ts";
import type { Choices } from "./choices.ts";
import { isDeath } from "./faults.ts";
import { endAt, firstOf, randomErrors, type SimHook } from "./hooks.ts";
import { simEnvironment } from "./sim_environment.ts";
import { SimKernel } from "./sim_kernel.ts";
import { simLibc } from "./sim_libc.ts";
import type { SimProcess } from "./sim_process.ts";
import { type ToyBug, ToyLog, type ToyOptions } from "./toy_log.ts";

/** How a history is run. */
export interface ToyHistoryOptions {
  /** What is wrong with the log; nothing unless said. */
  readonly bug?: ToyBug;
  /** Gets every call, in words. */
  readonly trace?: string[];
}

const ROOT = "/log";
const BOOT_LIMIT = 4;
const APPEND_LIMIT = 25;
const CALL_LIMIT = 60;
const SMALL_DEVICE_PAGE_COUNT = 13;

/**
 * Runs one history.
 *
 * @param choices Decides everything.
 * @param options The bug, and where the trace goes.
 * @returns The promise that was broken, as `"kind: details"`, or `undefined`.
 */
export async function toyHistory(
  choices: Choices,
  options: ToyHistoryOptions = {},
): Promise<string | undefined> {
  const history = new ToyHistory(choices, options);
  const broken = await history.run();
  options.trace?.push(...history.kernel.trace);
  return broken;
}

class ToyHistory {
  readonly kernel: SimKernel;
  readonly #choices: Choices;
  readonly #log: ToyOptions;
  readonly #errorCount: number;
  readonly #fixedByteLength: number;
  /** What was sent, by number. */
  readonly #sent: Map<number, Uint8Array> = new Map();
  /** What was acknowledged or shown. */
  #promised: Set<number> = new Set();
  /** What the last recovery showed, and with that made durable. */
  #shown: ReadonlySet<number> = new Set();
  #bootId = "";

  constructor(choices: Choices, options: ToyHistoryOptions) {
    this.#choices = choices;
    const directoryProfile = choices.pick(["weak", "journalled"] as const);
    const small = choices.chance(1, 4);
    this.kernel = new SimKernel(choices, {
      directoryProfile,
      trace: options.trace !== undefined,
      ...small && { devicePageCount: SMALL_DEVICE_PAGE_COUNT },
    });
    this.#log = {
      root: ROOT,
      writePath: choices.pick(["mapped", "staged"]),
      durability: choices.pick(["flushed", "committed"]),
      ...options.bug && { bug: options.bug },
    };
    this.#errorCount = choices.draw(2) * 3;
    this.#fixedByteLength = choices.draw(2) * (50 + 10 * choices.draw(8));
  }

  async run(): Promise<string | undefined> {
    this.#makeRoot();
    const boots = 1 + this.#choices.draw(BOOT_LIMIT);
    for (let boot = 0; boot < boots; boot++) {
      const broken = await this.#boot(this.#faults(), false);
      if (broken !== undefined) return broken;
      if (this.#choices.chance(3, 4)) this.kernel.cutPower();
      else for (const process of this.kernel.processes) this.kernel.kill(process);
    }
    return await this.#boot(() => undefined, true) ?? await this.#boot(() => undefined, true);
  }

  #makeRoot(): void {
    const process = this.kernel.spawn();
    const libc = simLibc(process);
    const root = check(libc.open("/", { flags: libc.constants.O_DIRECTORY }), "open root");
    check(libc.mkdirat(root, ROOT.slice(1), 0o700), "make root");
    check(libc.fsync(root), "flush root");
    this.kernel.kill(process);
  }

  #faults(): SimHook {
    const errors = randomErrors(this.#choices, this.#errorCount, 100);
    const last = this.kernel.callCount + 1 + this.#choices.draw(CALL_LIMIT);
    const end = endAt(last, this.#choices.chance(3, 4) ? "cut" : "kill");
    return this.#errorCount === 0 ? end : firstOf(end, errors);
  }

  /** One life of a process. With `must` it has to succeed. */
  async #boot(hook: SimHook, must: boolean): Promise<string | undefined> {
    this.kernel.hook = hook;
    const process = this.kernel.spawn();
    const error = await this.#live(process).then(() => undefined, (reason: unknown) => reason);
    const [fault] = this.kernel.faults;
    if (fault !== undefined) return `fault: ${fault.message}`;
    if (error === undefined) return undefined;

    this.kernel.note(`${error}`);
    if (error instanceof BrokenPromise) return error.message;
    if (!isDeath(error) && !(error instanceof SystemError)) return `exception: ${error}`;
    // A device that is too small for another segment is no fault of the log.
    const full = error instanceof SystemError && error.syscall === "fallocate";
    return must && !full ? `unusable: ${error}` : undefined;
  }

  async #live(process: SimProcess): Promise<void> {
    const { scheduler } = this.kernel;
    const environment = simEnvironment(process);
    const log = await scheduler.settle(ToyLog.open(environment, this.#log), process);
    this.#checkRecovered(log.recovered);

    for (let left = this.#choices.draw(APPEND_LIMIT); left > 0; left--) {
      const settled = this.#append(log, process);
      if (this.#choices.chance(1, 3)) await scheduler.settle(settled, process);
    }
    if (this.#choices.chance(1, 2)) await scheduler.idle();
  }

  async #append(log: ToyLog, process: SimProcess): Promise<void> {
    const number = this.#sent.size + 1;
    const body = this.#body(number);
    this.#sent.set(number, body);
    this.kernel.note(`append ${number}, ${body.length} bytes`);
    try {
      await log.append(body);
    } catch (error) {
      this.kernel.note(`append ${number}: ${error}`);
      return;
    }
    if (!process.alive) return;
    this.kernel.note(`append ${number} is acknowledged`);
    this.#promised.add(number);
  }

  /** The number, and bytes that depend on it. */
  #body(number: number): Uint8Array {
    const draw = this.#choices.draw(3);
    const free = draw === 2 ? this.#choices.draw(6000) : this.#choices.draw(300);
    const body = new Uint8Array(4 + (this.#fixedByteLength || free));
    for (let at = 4; at < body.length; at++) body[at] = number * 31 + at * 7;
    new DataView(body.buffer).setUint32(0, number);
    return body;
  }

  #checkRecovered(bodies: readonly Uint8Array[]): void {
    const numbers = bodies.map((body) => this.#numberOf(body));
    this.kernel.note(`recovered ${numbers}`);
    numbers.forEach((number, at) => {
      if (at > 0 && number <= numbers[at - 1]) {
        throw new BrokenPromise(`order: ${number} after ${numbers[at - 1]}`);
      }
    });
    const found = new Set(numbers);
    for (const number of this.#expected()) {
      if (!found.has(number)) throw new BrokenPromise(`lost: ${number} was acknowledged`);
    }
    // Whatever was shown once is a promise too.
    this.#promised = new Set(found);
    this.#shown = found;
    this.#bootId = this.kernel.bootId;
  }

  /** A power cut may take back what was acknowledged as committed only. */
  #expected(): ReadonlySet<number> {
    const survived = this.#log.durability === "flushed" || this.#bootId === this.kernel.bootId;
    return survived ? this.#promised : this.#shown;
  }

  #numberOf(body: Uint8Array): number {
    const number = new DataView(body.buffer).getUint32(0);
    const sent = this.#sent.get(number);
    if (sent === undefined) throw new BrokenPromise(`phantom: ${number} was never sent`);
    if (sent.length !== body.length || sent.some((byte, at) => byte !== body[at])) {
      throw new BrokenPromise(`wrong: ${number} has another body`);
    }
    return number;
  }
}

/** A promise of the log does not hold. */
class BrokenPromise extends Error {}
