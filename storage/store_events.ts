/**
 * The events of one store.
 *
 * @module
 */
import type { Environment } from "./environment.ts";
import type { EventFields, EventName, StreambedEvents } from "./events.ts";

/** Tells what happens in a store. */
export class StoreEvents {
  readonly #path: string;
  readonly #world: Pick<Environment, "events" | "timers">;

  /** `path` is that of the store's directory. */
  constructor(path: string, world: Pick<Environment, "events" | "timers">) {
    this.#path = path;
    this.#world = world;
  }

  /** Whether anyone listens to the events of a name now. */
  isHeard(name: EventName): boolean {
    return this.#world.events.isHeard(name);
  }

  /**
   * Tells at the end of this turn, so that those who listen may use the store; `fields` are made in
   * the call, and only if anyone listens.
   */
  tell<Name extends EventName>(name: Name, fields: () => EventFields<Name>): void {
    const { events, timers } = this.#world;
    if (!events.isHeard(name)) return;
    const event = { path: this.#path, ...fields() } as StreambedEvents[Name];
    timers.defer(() => events.tell(name, event));
  }
}
