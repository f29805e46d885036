/**
 * The rows of the table of arguments about typed topics.
 *
 * @module
 */
import {
  bag,
  boolean,
  callback,
  type Door,
  door,
  type Doors,
  DURABILITY,
  either,
  FIND,
  iterable,
  KEY_SOUGHT,
  KEYS,
  oneOf,
  preset,
  PROPERTIES,
  QUEUE_ID,
  required,
  type Rule,
  type Rules,
  signal,
  STORE,
  TAG,
  text,
  thing,
  TIME,
  TIMES,
  TOPIC_ON_DISK,
  wholeNumber,
} from "../../storage/arguments/mod.ts";
import {
  CONTENT_TYPE_NAME,
  DELAY_MS_MAX,
  propertyFault,
  SCHEMA_VERSION_NAME,
} from "../../storage/layout/mod.ts";
import type { Store } from "../../storage/mod.ts";
import { consumeOptions } from "../consume/mod.ts";
import {
  DONE_DOOR,
  SINK_ROWS,
  SOURCE_BATCHES_ROWS,
  SOURCE_ROWS,
  type SourceBatchesOptions,
  type SourceOptions,
} from "../core/mod.ts";
import type { Codec } from "./codec.ts";
import { isStandardSchema, type StandardSchema } from "./standard_schema.ts";
import type {
  MessageFields,
  SchemaTopicOptions,
  Topic,
  TopicAppendAllOptions,
  TopicAppendOptions,
  TopicReadOptions,
  TopicSinkOptions,
  TypedMessage,
} from "./types.ts";

/** Options of a topic with or without a schema. */
export type AnyTopicOptions<In = unknown, Out = unknown> = Partial<
  SchemaTopicOptions<StandardSchema<In, Out>, In>
>;

const ANYTHING: Rule<unknown> = thing("anything", () => true);

const CODEC: Rule<Codec<unknown>> = thing(
  "a codec, { contentType, encode, decode }",
  (value) => {
    if (typeof value !== "object" || value === null) return false;
    const { contentType, encode, decode } = value as Partial<Codec<unknown>>;
    return typeof contentType === "string" && typeof encode === "function" &&
      typeof decode === "function" && propertyFault(CONTENT_TYPE_NAME, contentType) === undefined;
  },
);

const SCHEMA: Rule<StandardSchema> = thing("a Standard Schema of version 1", isStandardSchema);

export const TOPIC_DOOR: Door<[store: Store, name: string, options?: AnyTopicOptions]> = door(
  "make topic",
  "store name options",
  [
    required(STORE),
    required(TOPIC_ON_DISK),
    bag<AnyTopicOptions>({
      schema: SCHEMA,
      codec: CODEC,
      invalid: oneOf(["throw", "skip", "dead-letter"], "throw"),
      schemaVersion: text(
        "a text, not empty and without the characters 1 and 2",
        (version) => propertyFault(SCHEMA_VERSION_NAME, version) === undefined,
      ),
    }),
  ],
);

const FIELDS: Rules<MessageFields> = {
  tags: TAG,
  keys: KEYS,
  properties: PROPERTIES,
  queueId: preset(QUEUE_ID, 0),
  flag: preset(wholeNumber({ least: -0x80000000, most: 0x7fffffff }), 0),
  bornTimestamp: TIME,
  delayMs: preset(wholeNumber({ most: DELAY_MS_MAX }), 0),
  deliverAt: TIME,
};

const APPEND = { ...FIELDS, durability: DURABILITY, signal: signal() };

const { group: _group, ...UNGROUPED } = SOURCE_ROWS;

/** Arguments of the methods of {@linkcode Topic}. */
export const TOPIC_DOORS: Doors<Topic<unknown>> = {
  append: door("append to topic", "value options", [
    required(ANYTHING),
    bag<TopicAppendOptions>(APPEND),
  ]),
  appendAll: door("append to topic", "values options", [
    required(iterable<unknown>("values")),
    bag<TopicAppendAllOptions>({ ...APPEND, atomic: boolean(false) }),
  ]),
  message: door("make message", "value fields", [
    required(ANYTHING),
    bag<MessageFields>(FIELDS),
  ]),
  read: door("read topic", "options", [bag<TopicReadOptions>(UNGROUPED, TIMES)]),
  find: door("find messages", "key options", [
    required(KEY_SOUGHT),
    FIND,
  ]),
  source: door("make source", "options", [bag<SourceOptions>(SOURCE_ROWS, TIMES)]),
  sourceBatches: door("make source", "options", [
    bag<SourceBatchesOptions>(SOURCE_BATCHES_ROWS, TIMES),
  ]),
  sink: door("make sink", "options", [
    bag<TopicSinkOptions<unknown>>({
      ...SINK_ROWS,
      queueId: preset(either(QUEUE_ID, callback<(value: unknown) => number>()), 0),
    }),
  ]),
  consume: door("consume topic", "options", [required(consumeOptions<TypedMessage<unknown>>())]),
  decode: door("read value", "message", DONE_DOOR.rules),
};
