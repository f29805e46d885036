/**
 * The port of an open store.
 *
 * @module
 */
import { abortable } from "./abortable.ts";
import { checkCall, PORT_DOORS } from "./arguments/mod.ts";
import type { EnvironmentClock, EnvironmentTimers } from "./environment.ts";
import type {
  DeliveredOffsets,
  SentBackCopy,
  SentBackRecord,
  SettledRecord,
} from "./layout/mod.ts";
import type { Notifier } from "./log/mod.ts";
import type {
  BodyIntake,
  ClaimRequest,
  GroupClaim,
  HeldClaim,
  InnerPort,
  MessageFrame,
  ReachedOptions,
} from "./port.ts";
import type { StoreEvents } from "./store_events.ts";
import type { AppendAllResult, AppendResult, Message, WaitOptions } from "./types.ts";
import type { Groups, StoreFiles, StoreWriter } from "./life/mod.ts";

/** What the port needs of its store. */
export interface PortParts {
  readonly files: Pick<StoreFiles, "environment" | "events">;
  readonly changes: Notifier;
  /** Throws if the store is closed or read-only. */
  writing(action: string): StoreWriter;
  /** Throws if the store is closed. */
  groups(action: string): Groups;
  /** Throws if the store is closed. */
  assertOpen(action: string): void;
  committedPosition(): number;
  isOwn(position: number): boolean | undefined;
  caughtUp(): Promise<void> | undefined;
  /** Throws if the store is closed. */
  delivered(): DeliveredOffsets;
  deliverDue(): Promise<void> | undefined;
}

const APPEND = "append to store";

/** What `portOf()` gives. */
export class OpenPort implements InnerPort {
  readonly clock: EnvironmentClock;
  readonly timers: EnvironmentTimers;
  readonly events: StoreEvents;
  readonly #parts: PortParts;

  constructor(parts: PortParts) {
    const { environment, events } = parts.files;
    this.clock = environment.clock;
    this.timers = environment.timers;
    this.events = events;
    this.#parts = parts;
  }

  get committedPosition(): number {
    return this.#parts.committedPosition();
  }

  // deno-lint-ignore require-await -- what is refused rejects
  async accept(message: Message): Promise<AppendResult> {
    return this.acceptNow(message);
  }

  acceptNow(message: Message): AppendResult | Promise<AppendResult> {
    return this.#parts.writing(APPEND).acceptor.accept(message);
  }

  bodies(frame: MessageFrame): BodyIntake {
    const intake = this.#parts.writing(APPEND).acceptor.bodies(frame);
    return {
      accept: (body) => {
        this.#parts.writing(APPEND);
        return intake.accept(body);
      },
      acceptAll: (bodies) => {
        this.#parts.writing(APPEND);
        return intake.acceptAll(bodies);
      },
    };
  }

  appendAllNow(messages: readonly Message[]): AppendAllResult | Promise<AppendAllResult> {
    return this.#parts.writing(APPEND).appendNow(messages);
  }

  async reached(position: number, options: ReachedOptions = {}): Promise<void> {
    checkCall(PORT_DOORS.reached, position, options);
    options.signal?.throwIfAborted();
    const writer = this.#parts.writing("wait for store");
    const work = writer.reached(options.durability ?? "flushed", position);
    await abortable(work, options.signal);
  }

  async changed(options: WaitOptions = {}): Promise<void> {
    checkCall(PORT_DOORS.changed, options);
    this.#parts.assertOpen("wait for store");
    await this.#parts.changes.wait(options.signal);
  }

  // deno-lint-ignore require-await -- what is refused rejects
  async claimGroup(claim: ClaimRequest): Promise<GroupClaim> {
    return this.claim(claim);
  }

  claim(claim: ClaimRequest): HeldClaim {
    checkCall(PORT_DOORS.claimGroup, claim);
    return this.#parts.groups("read as a group").claim(claim);
  }

  caughtUp(): Promise<void> | undefined {
    return this.#parts.caughtUp();
  }

  async sendBack(
    copies: readonly SentBackCopy[],
    told: SentBackRecord | SettledRecord,
  ): Promise<AppendAllResult> {
    return await this.#parts.writing("send messages back").sendBack(copies, told);
  }

  delivered(): DeliveredOffsets {
    return this.#parts.delivered();
  }

  async deliverDue({ signal }: WaitOptions = {}): Promise<void> {
    await abortable(this.#parts.deliverDue() ?? Promise.resolve(), signal);
  }

  async writeGroups(): Promise<void> {
    await this.#parts.groups("write progress of groups").write();
  }

  isOwn(position: number): boolean | undefined {
    return this.#parts.isOwn(position);
  }
}
