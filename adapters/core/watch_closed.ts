/**
 * The end of a store, which is listened to until something has ended.
 *
 * @module
 */
import type { Store } from "../../storage/mod.ts";

/** How a store has ended: with what it failed, if it did. */
export type StoreEnd = { readonly failure: unknown } | undefined;

type Listeners = Set<(end: StoreEnd) => void>;

/** A promise holds what listens to it for good, and stores live long: it is listened to once. */
const known = new WeakMap<Store, Listeners>();

/** Calls back once a store is closed, or has failed; gives what ends that. */
export function watchClosed(store: Store, onEnd: (end: StoreEnd) => void): () => void {
  const listeners = known.get(store) ?? listen(store);
  listeners.add(onEnd);
  return () => listeners.delete(onEnd);
}

function listen(store: Store): Listeners {
  const listeners: Listeners = new Set();
  known.set(store, listeners);
  const tell = (end: StoreEnd) => {
    // Who comes later asks the promise anew.
    known.delete(store);
    for (const onEnd of listeners) onEnd(end);
  };
  store.closed.then(() => tell(undefined), (failure) => tell({ failure }));
  return listeners;
}
