/**
 * Takes single messages: places each at once, and leaves its commit to others.
 *
 * What is accepted is committed by the least-pages rule or by time, together with what came beside
 * it.
 *
 * @module
 */
import type { Environment } from "../environment.ts";
import { type AppendQueue, AppendRequest, type Failure, type LogWriter } from "../log/mod.ts";
import { BodyPreparer, type PreparedMessage } from "../layout/mod.ts";
import type { ResolvedOptions } from "../options.ts";
import type { BodyIntake, Extent, MessageFrame } from "../port.ts";
import type { Turns } from "../turns.ts";
import type { AppendResult, Geometry, Message } from "../types.ts";
import type { Housekeeper } from "./housekeeper.ts";
import { PAGE_BYTE_LENGTH } from "./log_duties.ts";
import { refuseTooLarge, takeOne } from "./message_intake.ts";
import type { WriterQueues } from "./writer_queues.ts";

/** What an acceptor works with. */
export interface AcceptorParts {
  readonly environment: Environment;
  readonly geometry: Geometry;
  readonly tuning: Pick<ResolvedOptions["tuning"], "commitLeastPages">;
  readonly log: LogWriter;
  readonly queues: WriterQueues;
  readonly failure: Failure;
  readonly turns: Turns;
  /** Commits by time what is not awaited. */
  readonly committer: Pick<Housekeeper, "wake">;
}

/** Takes messages one by one. */
export class Acceptor {
  readonly #parts: AcceptorParts;
  readonly #commitByteLength: number;

  constructor(parts: AcceptorParts) {
    this.#parts = parts;
    this.#commitByteLength = parts.tuning.commitLeastPages * PAGE_BYTE_LENGTH;
  }

  /** Gives a message its place: at once, unless it waits for others or for the next segment. */
  place(message: Message): AppendResult | Promise<AppendResult> {
    const { environment, failure, geometry, log, queues } = this.#parts;
    failure.throwIfFailed();
    const now = environment.clock.now();
    const prepared = takeOne(message, geometry, now);
    const queue = queues.of(prepared);
    const placed = log.tryAppend(prepared, queue, now);
    if (placed === undefined) return this.#placeLater(prepared, queue);
    const { topic, queueId } = queue;
    const { queueOffset: offset, position, storeTimestamp } = placed;
    const endPosition = position + prepared.byteLength;
    return { topic, queueId, offset, position, endPosition, storeTimestamp };
  }

  /**
   * Takes a message without waiting for it to be committed. At once, unless the message must wait
   * for room, or the event loop for its turn.
   */
  accept(message: Message): AppendResult | Promise<AppendResult> {
    const placed = this.place(message);
    if (placed instanceof Promise) return placed.then((result) => this.#accepted(result));
    return this.#accepted(placed);
  }

  /**
   * Takes bodies of messages that are alike in all else, as {@linkcode accept} takes messages, but
   * makes no object for any of them.
   *
   * @throws What {@linkcode accept} would, of what they have in common.
   */
  bodies(frame: MessageFrame): BodyIntake {
    const preparer = new BodyPreparer(frame);
    const extent = { position: 0, endPosition: 0 };
    return {
      accept: (body) => this.#acceptBody(body, preparer, extent),
      acceptAll: (bodies) => this.#acceptBodies(bodies, preparer),
    };
  }

  #acceptBody(
    body: Uint8Array | string,
    preparer: BodyPreparer,
    extent: { position: number; endPosition: number },
  ): Extent | Promise<Extent> {
    const { environment, failure, geometry, log, queues, turns } = this.#parts;
    failure.throwIfFailed();
    const now = environment.clock.now();
    const prepared = preparer.prepare(body, now);
    refuseTooLarge(prepared, geometry);
    const queue = queues.of(prepared);
    const placed = log.tryAppend(prepared, queue, now);
    if (placed === undefined) {
      // The next body refills what was prepared.
      return this.#placeLater({ ...prepared }, queue).then((result) => this.#accepted(result));
    }
    extent.position = placed.position;
    extent.endPosition = placed.position + prepared.byteLength;
    this.#commitSoon();
    return turns.isDue() ? pauseWith(turns, { ...extent }) : extent;
  }

  #acceptBodies(
    bodies: readonly Uint8Array[],
    preparer: BodyPreparer,
  ): Extent | Promise<Extent> {
    const { environment, failure, geometry, log, queues, turns } = this.#parts;
    failure.throwIfFailed();
    const now = environment.clock.now();
    for (const body of bodies) refuseTooLarge(preparer.prepare(body, now), geometry);
    let position = 0;
    let endPosition = 0;
    for (let index = 0; index < bodies.length; index++) {
      const prepared = preparer.prepare(bodies[index], now);
      const placed = log.tryAppend(prepared, queues.of(prepared), now);
      if (placed === undefined) {
        const rest = bodies.slice(index).map((body) => ({ ...preparer.prepare(body, now) }));
        return this.#placeRest(rest, index === 0 ? undefined : position);
      }
      if (index === 0) position = placed.position;
      endPosition = placed.position + prepared.byteLength;
    }
    log.commit();
    const extent = { position, endPosition };
    return turns.isDue() ? pauseWith(turns, extent) : extent;
  }

  /** Places what of a batch must wait, whose first message went to `position` if it did not. */
  async #placeRest(rest: readonly PreparedMessage[], position?: number): Promise<Extent> {
    const { log, queues, turns } = this.#parts;
    const request = new AppendRequest(rest, rest.map((prepared) => queues.of(prepared)), false);
    const { placed } = request;
    log.append(request);
    log.commit();
    await request.whole.promise;
    log.commit();
    await turns.after(log.committed(placed.endPosition));
    return { position: position ?? placed.at(0)!.position, endPosition: placed.endPosition };
  }

  #placeLater(prepared: PreparedMessage, queue: AppendQueue): Promise<AppendResult> {
    const request = new AppendRequest([prepared], [queue], false);
    this.#parts.log.append(request);
    return request.whole.promise.then(() => request.placed.at(0)!);
  }

  #accepted(result: AppendResult): AppendResult | Promise<AppendResult> {
    this.#commitSoon();
    const { turns } = this.#parts;
    return turns.isDue() ? pauseWith(turns, result) : result;
  }

  #commitSoon(): void {
    const { committer, log } = this.#parts;
    const { stagedByteLength } = log;
    if (stagedByteLength >= this.#commitByteLength) log.commit();
    else if (stagedByteLength > 0) committer.wake();
  }
}

async function pauseWith<T>(turns: Turns, value: T): Promise<T> {
  await turns.pause();
  return value;
}
