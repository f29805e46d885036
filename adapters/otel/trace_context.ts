/**
 * The context of a trace, which a message carries in its properties.
 *
 * @module
 */
import { context as contexts, propagation, type TextMapGetter } from "npm:@opentelemetry/api@1.9.1";
import { checkCall } from "../../storage/arguments/mod.ts";
import type { Message, StoredMessage } from "../../storage/mod.ts";
import { CONTEXT_OF_DOOR, INJECT_CONTEXT_DOOR } from "./rules.ts";
import type { TraceContext } from "./types.ts";

const PROPERTIES: TextMapGetter<StoredMessage["properties"]> = {
  keys: (properties) => [...properties.keys()],
  get: (properties, name) => properties.get(name),
};

/**
 * Puts a context into the properties of a message, as the propagator says that was set up:
 * `traceparent` and `tracestate` with that of the W3C. Without a propagator nothing is put there.
 *
 * @example Usage
 * ```ts ignore
 * await store.append(injectContext({ topic: "orders", body: "ham" }));
 * ```
 *
 * @typeParam M What has properties: a message, or the fields of a value of a typed topic.
 * @param message The message, which stays as it is.
 * @param context What to put there; the active context when left out.
 * @returns A message to be appended.
 */
export function injectContext<M extends Partial<Message>>(
  message: M,
  context?: TraceContext,
): M {
  checkCall(INJECT_CONTEXT_DOOR, message, context);
  const carrier: Record<string, string> = {};
  propagation.inject(context ?? contexts.active(), carrier);
  const { properties = {} } = message;
  const pairs = properties instanceof Map ? [...properties] : Object.entries(properties);
  return { ...message, properties: { ...Object.fromEntries(pairs), ...carrier } };
}

/**
 * The context that a message carries, to make spans in it or to link them to it.
 *
 * @example Usage
 * ```ts ignore
 * const options = { kind: SpanKind.CONSUMER };
 * tracer.startActiveSpan("process orders", options, contextOf(order), (span) => span.end());
 * ```
 *
 * @param message The message.
 * @param context What it is added to; the active context when left out.
 * @returns The context; the same one where the message carries none.
 */
export function contextOf(
  message: Pick<StoredMessage, "properties">,
  context?: TraceContext,
): TraceContext {
  checkCall(CONTEXT_OF_DOOR, message, context);
  return propagation.extract(context ?? contexts.active(), message.properties, PROPERTIES);
}
