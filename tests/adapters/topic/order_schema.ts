/**
 * A schema without a library, for the tests of typed topics: an order comes in with its time as a
 * text and goes out with it as a `Date`.
 *
 * @module
 */
import type { StandardSchema, StandardSchemaIssue, StandardSchemaResult } from "../../../mod.ts";

/** What is appended. */
export interface OrderInput {
  readonly id: string;
  readonly total: number;
  /** ISO 8601. */
  readonly at: string;
}

/** What is read. */
export interface Order extends Omit<OrderInput, "at"> {
  readonly at: Date;
}

/** The schema, which answers at once. */
export const ORDER: StandardSchema<OrderInput, Order> = schemaOf(judge);

/**
 * Makes an order.
 *
 * @param id Its id.
 * @param total Its total.
 * @returns The order.
 */
export function order(id: string, total = 12): OrderInput {
  return { id, total, at: "2026-11-29T00:00:00.000Z" };
}

/** Looks at an order at once. */
export function judge(value: unknown): StandardSchemaResult<Order> {
  const { id, total, at } = (value ?? {}) as Partial<Record<keyof OrderInput, unknown>>;
  const issues: StandardSchemaIssue[] = [];
  if (typeof id !== "string") issues.push({ message: "id must be a text", path: ["id"] });
  if (typeof total !== "number") {
    issues.push({ message: "total must be a number", path: [{ key: "total" }] });
  }
  if (issues.length > 0) return { issues };
  return { value: { id: id as string, total: total as number, at: new Date(at as string) } };
}

/**
 * Makes a schema of orders.
 *
 * @param validate How it looks at one.
 * @returns The schema.
 */
export function schemaOf(
  validate: StandardSchema<OrderInput, Order>["~standard"]["validate"],
): StandardSchema<OrderInput, Order> {
  return { "~standard": { version: 1, vendor: "streambed", validate } };
}
