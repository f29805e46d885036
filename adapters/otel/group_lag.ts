/**
 * How far groups are behind, as a gauge that is read.
 *
 * @module
 */
import type { ObservableResult } from "npm:@opentelemetry/api@1.9.1";
import { type Store, StoreError, type StreambedEvents } from "../../storage/mod.ts";
import { groupAttributes, type GroupQueue } from "./attributes.ts";

type Lag = GroupQueue & { readonly lagCount: number };

/** The last lag of each queue of each group. */
export class GroupLag {
  readonly #lags = new Map<string, Lag>();
  readonly #stores: readonly Store[];

  /** `stores` are looked at whenever it is read; of others it knows what events told. */
  constructor(stores: readonly Store[]) {
    this.#stores = stores;
  }

  learn(lag: Lag): void {
    const { path, group, topic, queueId } = lag;
    this.#lags.set(JSON.stringify([path, group, topic, queueId]), lag);
  }

  /** Forgets the groups of a store that is closed. */
  forget({ path }: StreambedEvents["streambed:close"]): void {
    for (const [key, lag] of this.#lags) if (lag.path === path) this.#lags.delete(key);
  }

  observe(result: ObservableResult): void {
    for (const store of this.#stores) this.#look(store);
    for (const lag of this.#lags.values()) result.observe(lag.lagCount, groupAttributes(lag));
  }

  #look(store: Store): void {
    try {
      const { path } = store.info;
      for (const one of store.groups()) this.learn({ ...one, path });
    } catch (error) {
      if (!StoreError.is(error, "CLOSED")) throw error;
    }
  }
}
