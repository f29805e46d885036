/**
 * Attributes of metrics, by the names of the semantic conventions where they have one.
 *
 * @module
 */
import type { Attributes } from "npm:@opentelemetry/api@1.9.1";
import type { StoreEvent } from "../../storage/mod.ts";

/** A queue as a group reads it. */
export interface GroupQueue extends StoreEvent {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
}

export function storeAttributes({ path }: StoreEvent): Attributes {
  return { "messaging.system": "streambed", "streambed.store.path": path };
}

export function appendAttributes(event: StoreEvent & { readonly topic: string }): Attributes {
  return {
    ...storeAttributes(event),
    "messaging.operation.name": "append",
    "messaging.destination.name": event.topic,
  };
}

export function consumerAttributes(event: StoreEvent & { readonly group: string }): Attributes {
  return { ...storeAttributes(event), "messaging.consumer.group.name": event.group };
}

export function groupAttributes(queue: GroupQueue): Attributes {
  return {
    ...consumerAttributes(queue),
    "messaging.destination.name": queue.topic,
    "messaging.destination.partition.id": `${queue.queueId}`,
  };
}
