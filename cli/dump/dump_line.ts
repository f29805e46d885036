/**
 * What a dump is made of: one line of words, and the same as data.
 *
 * @module
 */

export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [name: string]: Json;
};

/** One thing in a file. */
export interface DumpLine {
  /** In words, for people, already safe to print. */
  readonly text: string;
  /** As data, for programs; `kind` says what it is. */
  readonly data: { readonly kind: string; readonly [name: string]: Json };
}

/** What a dump may be told. */
export interface DumpOptions {
  /** Position or byte offset of the file's first byte in its own stream, where its name tells. */
  readonly base?: number;
  /** How the bytes of an index file divide, where that is known. */
  readonly division?: { readonly slotCount: number; readonly entryCount: number };
  /** Show bodies and all properties too. */
  readonly deep?: boolean;
}
