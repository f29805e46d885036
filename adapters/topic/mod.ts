/**
 * A topic of values: {@linkcode topic}, its codecs, and what a schema has to be.
 *
 * @example Usage
 * ```ts ignore
 * import { topic } from "@streambed/log";
 * import * as z from "zod";
 *
 * const orders = topic(store, "orders", { schema: z.object({ id: z.string() }) });
 * await orders.append({ id: "4" }, { keys: "4" });
 * for await (const { id } of orders.read()) console.log(id);
 * ```
 *
 * @module
 */
export { bytesCodec, type Codec, jsonCodec, textCodec } from "./codec.ts";
export type {
  SchemaInput,
  SchemaOutput,
  StandardSchema,
  StandardSchemaContract,
  StandardSchemaIssue,
  StandardSchemaResult,
} from "./standard_schema.ts";
export { topic } from "./topic.ts";
export type * from "./types.ts";
