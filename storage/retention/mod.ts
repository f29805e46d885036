/**
 * Retention: what is deleted, and what is kept from it.
 *
 * @module
 */
export * from "./carried_checkpoints.ts";
export * from "./retention.ts";
