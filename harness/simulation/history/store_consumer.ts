/**
 * A second process that reads as a group, in a store that the first one writes. It goes through
 * several lives of the writer, which reads as the same group now and then.
 *
 * @module
 */
import { type Environment, openStoreIn, type Store } from "../../../storage/mod.ts";
import type { Choices } from "../machine/choices.ts";
import { isDeath } from "../machine/faults.ts";
import {
  endAt,
  firstOf,
  randomErrors,
  type SimCall,
  type SimHook,
  type SimVerdict,
} from "../machine/hooks.ts";
import type { SimKernel } from "../machine/sim_kernel.ts";
import type { SimProcess } from "../machine/sim_process.ts";
import { StoreGuard } from "./store_guard.ts";
import type { StorePlan } from "./store_plan.ts";
import { type GroupReader, SharedGroup } from "./store_shared_group.ts";

/** What the two processes do as the group. */
export type ConsumerStep =
  | `${"consumer" | "writer"} ${"reads" | "writes" | "releases"}`
  | "consumer closes"
  | "consumer dies";

/** What it is made of. */
export interface ConsumerParts {
  /** The machine. */
  readonly kernel: SimKernel;
  /** Decides everything. */
  readonly choices: Choices;
  /** The history's setting. */
  readonly plan: StorePlan;
  /** Path of the store. */
  readonly root: string;
  /** Gives a process its world. */
  readonly environmentOf: (process: SimProcess) => Environment;
}

/** Drawn evenly; a zero on the tape is the first. */
const DRAWN: readonly ConsumerStep[] = [
  ...Array<ConsumerStep>(4).fill("consumer reads"),
  ...Array<ConsumerStep>(2).fill("consumer writes"),
  ...Array<ConsumerStep>(2).fill("consumer releases"),
  "consumer closes",
  "consumer dies",
  ...Array<ConsumerStep>(3).fill("writer reads"),
  ...Array<ConsumerStep>(2).fill("writer releases"),
  "writer writes",
];
/** Both have the group in turn, and the second has it still. */
const LAST: readonly ConsumerStep[] = [
  "writer reads",
  "writer releases",
  "consumer reads",
  "consumer releases",
  "consumer reads",
  "consumer writes",
];

const STEPS_MAX = 4;
const CALLS_MAX = 600;

/** Tells steps from what else a process does. */
export function isConsumerStep(action: string): action is ConsumerStep {
  return /^(?:consumer|writer) /.test(action);
}

/** The second process of one history, and the group. */
export class ConsumerModel {
  readonly #parts: ConsumerParts;
  readonly #group: SharedGroup;
  #process: SimProcess | undefined;
  #hook: SimHook | undefined;
  #isCalm = false;
  #consumer: GroupReader | undefined;
  #writer: GroupReader | undefined;

  /** Makes one whose process does not run yet. */
  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    this.#group = new SharedGroup(parts);
  }

  /** Whether a process is that of the consumer. */
  isProcess(id: number): boolean {
    return id === this.#process?.id;
  }

  /** Decides about the calls of its process, where chance is to decide. */
  ask(call: SimCall): SimVerdict | undefined {
    return this.isProcess(call.processId) ? this.#hook?.(call) : undefined;
  }

  /** A writer has opened the store: it knows how far the group is. */
  meetWriter(parts: { process: SimProcess; guard: StoreGuard; store: Store }): void {
    this.#writer = { ...parts, isWriter: true };
    this.#group.look(this.#writer);
  }

  /** The writer has closed in order. */
  writerClosed(): void {
    this.#group.settled([this.#writer!]);
  }

  /** For a while nobody did anything. */
  rested(): void {
    const readers = [this.#consumer, this.#writer].filter((reader) => reader !== undefined);
    this.#group.settled(readers.filter(({ process }) => process.alive));
  }

  /** Does some of what it can do. */
  async act(): Promise<void> {
    const { choices, kernel } = this.#parts;
    const { cacheId } = kernel;
    for (let left = 1 + choices.draw(STEPS_MAX); left > 0; left--) {
      // After a power cut the writer's life has to be ended first.
      if (kernel.cacheId === cacheId) await this.perform(choices.pick(DRAWN));
    }
  }

  /** Does one thing. If its process dies of it, the writer goes on all the same. */
  async perform(step: ConsumerStep): Promise<void> {
    this.#parts.kernel.note(step);
    const [who, what] = step.split(" ");
    try {
      const reader = who === "writer" ? this.#writer : await this.#reach(what === "reads");
      if (reader?.process.alive) await this.#perform(what, reader);
    } catch (error) {
      if (!isDeath(error)) throw error;
    }
  }

  /** Ends its process; from now on nothing fails. */
  async calm(): Promise<void> {
    const { choices } = this.#parts;
    await this.perform(choices.chance(1, 2) ? "consumer dies" : "consumer closes");
    this.#group.areErrorsExpected = false;
    this.#isCalm = true;
  }

  /** Both processes read, and the writer is told exactly how far. */
  async finish(): Promise<void> {
    for (const step of LAST) await this.perform(step);
    this.#group.mustTell(this.#writer!);
    if (this.#parts.choices.chance(1, 2)) await this.perform("consumer closes");
  }

  async #perform(what: string, reader: GroupReader): Promise<void> {
    const { guard, process } = reader;
    const group = this.#group;
    if (what === "dies") return this.#parts.kernel.kill(process);
    if (what === "closes") {
      await guard.tolerant("close", () => group.close(reader));
      return await this.#leave(process, guard);
    }
    await guard.tolerant(`as a group: ${what}`, async () => {
      if (what === "reads") await group.read(reader);
      else if (what === "writes") await group.write(reader);
      else group.release(reader);
      process.assertAlive();
      group.look(reader);
    });
  }

  /** The consumer, which is started if it is needed. */
  async #reach(isNeeded: boolean): Promise<GroupReader | undefined> {
    if (this.#consumer?.process.alive || !isNeeded) return this.#consumer;
    const { kernel, plan, root, environmentOf } = this.#parts;
    const { areErrorsExpected } = this.#group;
    const { descriptorLimit } = plan;
    const isNarrow = areErrorsExpected && descriptorLimit !== undefined;
    const process = kernel.spawn(isNarrow ? { descriptorLimit } : {});
    this.#process = process;
    this.#hook = this.#isCalm ? undefined : this.#drawHook();
    kernel.note(`process ${process.id} opens the store to read as a group`);
    const guard = new StoreGuard({ kernel, process, areErrorsExpected });
    const options = { ...plan.store, readOnly: true };
    const open = () => openStoreIn(environmentOf(process), root, options);
    const store = await guard.tolerant("open to read as a group", open);
    if (store === undefined) await this.#leave(process, guard);
    return this.#consumer = store && { process, guard, store, isWriter: false };
  }

  async #leave(process: SimProcess, guard: StoreGuard): Promise<void> {
    await guard.checkReleased("a consumer's close");
    this.#parts.kernel.exit(process);
  }

  #drawHook(): SimHook {
    const { kernel, choices, plan } = this.#parts;
    const end = endAt(kernel.callCount + 1 + choices.draw(CALLS_MAX), "kill");
    return firstOf(
      ...choices.chance(1, 3) ? [end] : [],
      ...plan.errorCount > 0 ? [randomErrors(choices, plan.errorCount, 2000)] : [],
    );
  }
}
