/**
 * The table of arguments of what this folder makes public.
 *
 * @module
 */
import {
  bag,
  type Door,
  door,
  hasOnlyPairs,
  list,
  required,
  type Rule,
  STORE,
  thing,
} from "../../storage/arguments/mod.ts";
import type { Message, StoredMessage } from "../../storage/mod.ts";
import type { InstrumentOptions, MeterSource, TraceContext } from "./types.ts";

const CONTEXT: Rule<TraceContext> = thing("a Context", (value) => hasMethod(value, "getValue"));

export const INSTRUMENT_DOOR: Door<[options?: InstrumentOptions]> = door(
  "tell OpenTelemetry",
  "options",
  [bag<InstrumentOptions>({
    meterProvider: thing<MeterSource>(
      "a MeterProvider",
      (value) => hasMethod(value, "getMeter"),
    ),
    stores: list(STORE),
  })],
);

export const INJECT_CONTEXT_DOOR: Door<
  [message: Partial<Message>, context?: TraceContext]
> = door("inject context", "message context", [
  required(thing("fields of a message", (value) => {
    if (!hasOnlyPairs(value)) return false;
    const { properties } = value as Partial<Message>;
    return properties === undefined || properties instanceof Map || hasOnlyPairs(properties);
  })),
  CONTEXT,
]);

export const CONTEXT_OF_DOOR: Door<
  [message: Pick<StoredMessage, "properties">, context?: TraceContext]
> = door("tell context", "message context", [
  required(thing(
    "a message that was read",
    (value) => hasMethod((value as Partial<StoredMessage> | null | undefined)?.properties, "get"),
  )),
  CONTEXT,
]);

function hasMethod(value: unknown, name: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return typeof (value as Readonly<Record<string, unknown>>)[name] === "function";
}
