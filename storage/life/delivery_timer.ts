/**
 * Wakes a duty of the writer when something is due: on a timer of its own, which does not keep the
 * process alive, and goes by the wall clock.
 *
 * @module
 */
import type { Environment, TimerHandle } from "../environment.ts";

/** After a delivery that failed, until the next try. */
const RETRY_MS = 1000;
/** The clock may be set meanwhile, or the machine sleep. */
const LONGEST_WAIT_MS = 60_000;

/** What is woken. */
export interface DeliveryDuty {
  /** When the next is due, ms since epoch; `Infinity` if nothing waits. */
  nextDue(): number;
  /** Delivers all that is due, or what it has begun with once it is stopped. */
  deliver(isStopped: () => boolean): Promise<void>;
}

/** The timer of one duty. */
export class DeliveryTimer {
  readonly #environment: Pick<Environment, "clock" | "timers">;
  readonly #note: (text: string) => void;
  readonly #duty: DeliveryDuty;
  #timer: TimerHandle | undefined;
  /** When the timer is due, ms since epoch. */
  #dueTimestamp = Infinity;
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(
    environment: Pick<Environment, "clock" | "timers">,
    note: (text: string) => void,
    duty: DeliveryDuty,
  ) {
    this.#environment = environment;
    this.#note = note;
    this.#duty = duty;
  }

  /** Delivers what is due, and waits for what will be. */
  start(): void {
    this.#waitForNext();
  }

  /** A message waits until then. */
  expect(deliverTimestamp: number): void {
    if (deliverTimestamp < this.#dueTimestamp) this.#wait(deliverTimestamp);
  }

  /**
   * Delivers what is due now, without waiting for the timer, or what it has begun with once that is
   * enough. It never rejects: what fails is noted, and the timer tries again.
   */
  async catchUp(isEnough: () => boolean): Promise<void> {
    if (!this.#isStopped) await (this.#running ?? this.#run(isEnough));
  }

  /** Whether something is due and left to the timer. */
  get isBehind(): boolean {
    return this.#dueTimestamp <= this.#environment.clock.now();
  }

  /** Ends waiting, after a delivery that is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #wait(deliverTimestamp: number): void {
    if (this.#isStopped || this.#running !== undefined) return;
    const { clock, timers } = this.#environment;
    this.#timer?.cancel();
    this.#dueTimestamp = deliverTimestamp;
    const waitMs = Math.min(Math.max(0, deliverTimestamp - clock.now()), LONGEST_WAIT_MS);
    this.#timer = timers.background(waitMs, () => void this.#run(() => false));
  }

  #run(isEnough: () => boolean): Promise<void> {
    this.#timer?.cancel();
    return this.#running = this.#duty.deliver(() => this.#isStopped || isEnough())
      .finally(() => this.#running = undefined)
      .then(() => this.#waitForNext(), (error) => this.#tryAgain(error));
  }

  #waitForNext(): void {
    this.#dueTimestamp = Infinity;
    try {
      const next = this.#duty.nextDue();
      if (next !== Infinity) this.#wait(next);
    } catch (error) {
      this.#tryAgain(error as Error);
    }
  }

  #tryAgain(error: Error): void {
    this.#note(`Delayed messages are behind: ${error.message}`);
    this.#wait(this.#environment.clock.now() + RETRY_MS);
  }
}
