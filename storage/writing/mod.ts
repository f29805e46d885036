/**
 * The writing half of a store.
 *
 * @module
 */
export { StoreWriter } from "./store_writer.ts";
