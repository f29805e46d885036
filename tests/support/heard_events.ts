/**
 * Events of one store, as a subscriber of `node:diagnostics_channel` hears them.
 *
 * @module
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { StreambedEvents } from "../../mod.ts";

type Name = keyof StreambedEvents;

/** All names of events. */
export const EVENT_NAMES: readonly Name[] = [
  "streambed:open",
  "streambed:close",
  "streambed:append",
  "streambed:flush",
  "streambed:roll",
  "streambed:delete",
  "streambed:group",
  "streambed:retry",
  "streambed:checkpoint",
  "streambed:note",
];

/** What was heard; leaving the scope of `using` stops listening. */
export interface HeardEvents extends Disposable {
  /** Names, in order. */
  readonly names: readonly Name[];
  /** All events of a name, without the path. */
  of<N extends Name>(name: N): Omit<StreambedEvents[N], "path">[];
}

/**
 * Listens to all events of the store at a path.
 *
 * @param path Directory of the store.
 * @param onEvent Called with each name, beside.
 * @returns What is heard from now on.
 */
export function hearEvents(path: string, onEvent?: (name: Name) => void): HeardEvents {
  const heard: { readonly name: Name; readonly fields: object }[] = [];
  const hear = (message: unknown, name: string | symbol) => {
    const { path: from, ...fields } = message as StreambedEvents[Name];
    if (from !== path) return;
    heard.push({ name: name as Name, fields });
    onEvent?.(name as Name);
  };
  for (const name of EVENT_NAMES) subscribe(name, hear);
  return {
    get names() {
      return heard.map(({ name }) => name);
    },
    of: (name) => heard.filter((one) => one.name === name).map(({ fields }) => fields as never),
    [Symbol.dispose]() {
      for (const name of EVENT_NAMES) unsubscribe(name, hear);
    },
  };
}
