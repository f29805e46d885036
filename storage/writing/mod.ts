/**
 * The writing half of a store.
 *
 * @module
 */
export * from "./group_table.ts";
export * from "./store_writer.ts";
