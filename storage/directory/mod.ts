/**
 * The directory of a store: its root, its lock, and our own small files in it.
 *
 * @module
 */
export * from "./claim_file.ts";
export type { OpenedFile } from "./owned_files.ts";
export * from "./positions_file.ts";
export * from "./meta_file.ts";
export * from "./open_root.ts";
export { folderOf, foldersOf, isMissing } from "./paths.ts";
export { loadPermitted, refuseUnpermitted } from "./permission.ts";
export { logHomeFor } from "./spread_directory.ts";
export * from "./store_directory.ts";
export { randomStoreId, StoreIdentity } from "./store_identity.ts";
export { OWN } from "./trust.ts";
export * from "./whole_file.ts";
export * from "./write_failure.ts";
export * from "./writer_lock.ts";
