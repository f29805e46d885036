/**
 * Values of a topic through its codec and its schema, in and out.
 *
 * @module
 */
import { dropPromise, isPromise } from "../../storage/arguments/mod.ts";
import { FLAG_COMPRESSED, FLAG_INNER_BATCH, stillCompressed } from "../../storage/layout/mod.ts";
import {
  argumentError,
  showArgument,
  showIssues,
  showThrown,
  type StoredMessage,
  storedValueUnfit,
  type StoreErrorReasons,
  type ValueFault,
  type ValueIssue,
  valueRefused,
} from "../../storage/mod.ts";
import { contentTypeOf } from "../../storage/read/mod.ts";
import type { Codec } from "./codec.ts";
import type {
  StandardSchema,
  StandardSchemaIssue,
  StandardSchemaResult,
} from "./standard_schema.ts";
import { ValueMessage } from "./typed_message.ts";

/** A body, and what has to be waited for before it is written. */
export interface EncodedValue {
  readonly body: Uint8Array | string;
  /** Rejects if the value does not fit; `undefined` if it is known to fit. */
  readonly fits: Promise<void> | undefined;
}

export class Values<In, Out> {
  readonly contentType: string;
  readonly #topic: string;
  readonly #codec: Codec<In, unknown>;
  readonly #schema: StandardSchema<In, Out> | undefined;

  constructor(
    topic: string,
    codec: Codec<In, unknown>,
    schema: StandardSchema<In, Out> | undefined,
  ) {
    this.contentType = codec.contentType;
    this.#topic = topic;
    this.#codec = codec;
    this.#schema = schema;
  }

  /**
   * Validates and encodes a value, as it is now; `index` is its place among those of one call.
   *
   * @throws {StoreError<"INVALID_VALUE">} If it is known already that the value does not fit.
   */
  encode(value: In, index?: number): EncodedValue {
    const refuse = (fault: ValueFault): never => {
      throw valueRefused(this.#topic, index, fault);
    };
    const result = this.#schema?.["~standard"].validate(value);
    if (result === undefined || !isPromise(result)) {
      if (result?.issues !== undefined) refuse(schemaFault(result.issues));
      return { body: this.#encode(value, refuse), fits: undefined };
    }
    const fits = Promise.resolve(result).then(({ issues }) => {
      if (issues !== undefined) refuse(schemaFault(issues));
    });
    // A call that something else is wrong with does not wait for it.
    dropPromise(fits);
    return { body: this.#encode(value, refuse), fits };
  }

  /**
   * Decodes and validates what is stored; gives a promise only where the schema does.
   *
   * @throws {StoreError<"INVALID_VALUE">} If it does not fit.
   */
  decode(message: StoredMessage): ValueMessage<Out> | Promise<ValueMessage<Out>> {
    const value = this.#decode(message);
    const result = this.#schema?.["~standard"].validate(value);
    if (result === undefined) return new ValueMessage(message, value as Out);
    if (!isPromise(result)) return fitting(message, result);
    return Promise.resolve(result).then((result) => fitting(message, result));
  }

  #encode(value: In, refuse: (fault: ValueFault) => never): Uint8Array | string {
    let body: Uint8Array | string;
    try {
      body = this.#codec.encode(value);
    } catch (error) {
      refuse(codecFault("encode", this.contentType, error));
    }
    if (typeof body! === "string" || body! instanceof Uint8Array) return body;
    throw codecMisuse("append value to", this.#topic, "encode() gave", body!);
  }

  #decode(message: StoredMessage): unknown {
    const fault = this.#unreadable(message);
    if (fault !== undefined) throw storedValueUnfit(message, fault);
    const { body } = message;
    let value: unknown;
    try {
      value = this.#codec.decode(body);
    } catch (error) {
      throw storedValueUnfit(message, codecFault("decode", this.contentType, error));
    }
    if (!dropPromise(value)) return value;
    throw codecMisuse("read value of", this.#topic, "decode() gave", value);
  }

  /** Why a body must not be handed to the codec, which might make something of it. */
  #unreadable(message: StoredMessage): ValueFault | undefined {
    const told = contentTypeOf(message);
    if (told !== undefined && told !== this.contentType) {
      const state = `its content type is ${showArgument(told)}, ` +
        `the topic's ${showArgument(this.contentType)}`;
      return { reason: "content-type", state };
    }
    const { sysFlag } = message;
    if ((sysFlag & FLAG_COMPRESSED) !== 0) {
      const state = `its body is still compressed: ${stillCompressed(sysFlag)}`;
      return { reason: "decode", state };
    }
    if ((sysFlag & FLAG_INNER_BATCH) !== 0) {
      return { reason: "decode", state: "it is a batch of RocketMQ's, which holds many messages" };
    }
    return undefined;
  }
}

function fitting<Out>(
  message: StoredMessage,
  result: StandardSchemaResult<Out>,
): ValueMessage<Out> {
  if (result.issues === undefined) return new ValueMessage(message, result.value);
  throw storedValueUnfit(message, schemaFault(result.issues));
}

function schemaFault(all: readonly StandardSchemaIssue[]): ValueFault {
  const issues = all.map(toIssue);
  return { reason: "schema", state: `the schema refuses it, ${showIssues(issues)}`, issues };
}

/** Schemas name a step of a path in one of two ways. */
function toIssue({ message, path = [] }: StandardSchemaIssue): ValueIssue {
  return { message, path: path.map((step) => typeof step === "object" ? step.key : step) };
}

function codecFault(
  reason: StoreErrorReasons["INVALID_VALUE"] & ("encode" | "decode"),
  contentType: string,
  cause: unknown,
): ValueFault {
  const state = `the codec of ${showArgument(contentType)} refuses it, ${showThrown(cause)}`;
  return { reason, state, cause };
}

/** A codec that gives what it must not is a mistake of the program, whatever the value. */
function codecMisuse(action: string, topic: string, gave: string, given: unknown): TypeError {
  const what = dropPromise(given) ? "a promise" : showArgument(given);
  return argumentError(
    "ERR_INVALID_ARG_TYPE",
    `Cannot ${action} topic ${showArgument(topic)}: the codec's ${gave} ${what}, ` +
      "it must give what it makes at once, to store a Uint8Array or a string",
  );
}
