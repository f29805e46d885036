/**
 * One process of the simulated machine: its descriptors, its mappings, its limits and its end.
 *
 * @module
 */
import { Errno, errnoNumber, type Outcome, type PermissionDenial } from "../../../ffi/mod.ts";
import { SimMisuse, SimProcessDied } from "./faults.ts";
import { isEnd, type SimVerdict } from "./hooks.ts";
import type { SimInotify } from "./inotify.ts";
import { SimFile, type SimNode } from "./nodes.ts";
import type { SimKernel } from "./sim_kernel.ts";
import type { SimMapping } from "./sim_mapping.ts";

/** What a process may have; everything without limit unless said. */
export interface SimProcessOptions {
  /** How many descriptors may be open, the three standard ones included. */
  readonly descriptorLimit?: number;
  /** How many mappings there may be. */
  readonly mappingLimit?: number;
  /** Greatest length of a file, bytes; going beyond it kills, as SIGXFSZ does. */
  readonly fileByteLengthLimit?: number;
  /** How many bytes may be locked in memory. */
  readonly lockedByteLengthLimit?: number;
  /** Permission bits that are taken away from new files; `0o022` unless said. */
  readonly umask?: number;
  /** What the runtime's own permissions say; nothing is denied unless said. */
  readonly denied?: (access: "read" | "write", path: string) => PermissionDenial | undefined;
}

/** What may be done through an open file description. */
export interface SimAccess {
  /** Whether it may be read, and mapped. */
  readonly readable: boolean;
  /** Whether it may be written. */
  readonly writable: boolean;
  /** Whether every write goes to the end. */
  readonly appending: boolean;
}

/** An open file description. */
export interface SimDescription extends SimAccess {
  /** What was opened. */
  readonly node: SimNode | SimInotify;
  /** The path it was opened by, for hooks and traces. */
  readonly path: string;
  /** The position of calls that have none of their own. */
  position: number;
  /** How many failed syncs of the file were told through this description. */
  seenErrors: number;
  /** Descriptors and mappings that keep it open. */
  references: number;
  /** Calls on other threads that use its descriptor at the moment. */
  busyCount: number;
}

/** A call on another thread. */
export interface OffThreadCall {
  /** The description whose descriptor it uses. */
  readonly description?: SimDescription;
  /** The mapping that it uses. */
  readonly mapping?: SimMapping;
  /** Carries out what is left of it. */
  readonly finish: () => Outcome;
}

/** What a call is about, for hooks and traces. */
export interface CallSubject {
  /** Path of the file. */
  readonly path?: string;
  /** First byte. */
  readonly position?: number;
  /** How many bytes. */
  readonly byteLength?: number;
}

/** What an ordinary call must heed; both are rarely there. */
export interface CallVerdict {
  /** The error that it is to fail with. */
  readonly fail?: string;
  /** The most bytes that it may transfer. */
  readonly limit?: number;
}

/** Permission bits that new files do not get, unless the process says otherwise. */
export const DEFAULT_UMASK = 0o022;

const FIRST_DESCRIPTOR = 3;
const PLAIN: CallVerdict = {};

/** A failure value of the simulated kernel; `name` is the method of `Libc` that was called. */
export function failure(code: string, name: string): Errno {
  return new Errno(code, errnoNumber(code), syscallOf(name));
}

function syscallOf(name: string): string {
  return name.replace(/Async$/, "");
}

function isInterrupted(verdict: SimVerdict | undefined): boolean {
  return typeof verdict === "object" && "fail" in verdict && verdict.fail === "EINTR";
}

/** A process of the simulated machine. */
export class SimProcess {
  /** Process id. */
  readonly id: number;
  /** The machine. */
  readonly kernel: SimKernel;
  /** Limits and permissions. */
  readonly options: SimProcessOptions;
  /** Mappings that were not unmapped. */
  readonly mappings: Set<SimMapping> = new Set();
  /** How many pages were brought into memory. */
  faultCount = 0;
  readonly #descriptors: Map<number, SimDescription> = new Map();
  readonly #inFlight: Set<OffThreadCall> = new Set();
  #death: string | undefined;

  /** Made by the kernel's `spawn()`. */
  constructor(kernel: SimKernel, id: number, options: SimProcessOptions) {
    this.kernel = kernel;
    this.id = id;
    this.options = options;
  }

  /** Whether it still runs. */
  get alive(): boolean {
    return this.#death === undefined;
  }

  /** How many descriptors are open, without the three standard ones. */
  get descriptorCount(): number {
    return this.#descriptors.size;
  }

  /** Throws if the process does not exist any more. */
  assertAlive(): void {
    if (this.#death !== undefined) throw new SimProcessDied(this.#death);
  }

  /**
   * Asks the history about a call that is about to happen.
   *
   * @param name Name of the call, or `"store"`.
   * @param subject What it is about.
   * @param beforeDeath Carries out a part of it, if this is where the process ends.
   * @returns What the call must heed.
   * @throws {SimProcessDied} If the process ended here, or before.
   */
  enter(name: string, subject: CallSubject = {}, beforeDeath?: () => void): CallVerdict {
    this.assertAlive();
    let verdict = this.#ask(name, subject);
    // A signal came: what stands behind the seam calls again, and nobody else hears of it.
    while (isInterrupted(verdict)) verdict = this.#ask(name, subject);
    this.assertAlive();
    return this.#heed(verdict, beforeDeath);
  }

  #ask(name: string, subject: CallSubject): SimVerdict | undefined {
    return this.kernel.ask({
      kind: name === "store" ? "store" : "call",
      name,
      path: subject.path ?? "",
      position: subject.position ?? 0,
      byteLength: subject.byteLength ?? 0,
      processId: this.id,
      number: this.kernel.callCount,
    });
  }

  /** The open file description behind a descriptor, or `undefined`. */
  description(descriptor: number): SimDescription | undefined {
    return this.#descriptors.get(descriptor);
  }

  /** Whether one more descriptor would be too many. */
  get descriptorsExhausted(): boolean {
    const limit = this.options.descriptorLimit ?? Infinity;
    return this.#descriptors.size + FIRST_DESCRIPTOR >= limit;
  }

  /** Gives a description the lowest free descriptor. */
  install(node: SimNode | SimInotify, path: string, how: SimAccess): number {
    let descriptor = FIRST_DESCRIPTOR;
    while (this.#descriptors.has(descriptor)) descriptor++;
    const isFile = node instanceof SimFile;
    // A failure that nobody was told of is told to whoever opens the file next.
    const seenErrors = isFile ? node.errorCount - (node.errorSeen ? 0 : 1) : 0;
    const state = { position: 0, seenErrors, references: 1, busyCount: 0 };
    this.#descriptors.set(descriptor, { node, path, ...how, ...state });
    if (isFile) {
      node.openCount++;
      if (how.writable) node.writerCount++;
    }
    return descriptor;
  }

  /** Closes a descriptor; `false` if there is none. */
  uninstall(descriptor: number): boolean {
    const description = this.#descriptors.get(descriptor);
    if (description === undefined) return false;
    if (description.busyCount > 0) {
      this.kernel.fault(
        new SimMisuse(`Cannot close ${description.path}: a call on another thread still uses it`),
      );
    }
    this.#descriptors.delete(descriptor);
    if (description.node instanceof SimFile) description.node.locks.drop(this);
    this.release(description);
    return true;
  }

  /** One descriptor or mapping less holds a description. */
  release(description: SimDescription): void {
    if (--description.references > 0) return;
    const { node } = description;
    if (!(node instanceof SimFile)) return;
    node.locks.drop(description);
    node.leases = node.leases.filter((lease) => lease.owner !== description);
    node.openCount--;
    if (description.writable) node.writerCount--;
    this.kernel.reclaim(node);
  }

  /** Lets a call run on another thread; errno is lost on the way back. */
  offThread(name: string, call: OffThreadCall): Promise<Outcome> {
    this.#inFlight.add(call);
    if (call.description !== undefined) call.description.busyCount++;
    if (call.mapping !== undefined) call.mapping.busyCount++;

    return new Promise((resolve) => {
      this.kernel.scheduler.enqueue(this, () => {
        this.#land(call);
        this.kernel.changeCount++;
        const outcome = call.finish();
        resolve(outcome instanceof Errno ? new Errno("EUNKNOWN", 0, syscallOf(name)) : outcome);
      });
    });
  }

  /** Ends the process; what it held is released, what it had stored stays. */
  end(reason: string): void {
    if (!this.alive) return;
    for (const call of this.#inFlight) this.#land(call);
    for (const mapping of [...this.mappings]) mapping.unmap();
    for (const descriptor of [...this.#descriptors.keys()]) this.uninstall(descriptor);
    this.#death = reason;
  }

  #land(call: OffThreadCall): void {
    this.#inFlight.delete(call);
    if (call.description !== undefined) call.description.busyCount--;
    if (call.mapping !== undefined) call.mapping.busyCount--;
  }

  #heed(verdict: SimVerdict | undefined, beforeDeath?: () => void): CallVerdict {
    if (verdict === undefined) return PLAIN;
    if (!isEnd(verdict)) return verdict;
    beforeDeath?.();
    if (verdict === "kill") this.kernel.kill(this);
    else this.kernel.cutPower(verdict === "cut" ? undefined : verdict.cut);
    throw new SimProcessDied(verdict === "kill" ? "it was killed" : "the power was cut");
  }
}
