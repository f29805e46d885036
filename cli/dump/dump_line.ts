/**
 * A line of a dump: in words, and the same as data.
 *
 * @module
 */

export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [name: string]: Json;
};

export interface DumpLine {
  /** For people, already safe to print. */
  readonly text: string;
  /** For programs; `kind` says what it is. */
  readonly data: { readonly kind: string; readonly [name: string]: Json };
}

export interface DumpOptions {
  /** Position or byte offset of the file's first byte in its own stream, if its name tells. */
  readonly base?: number;
  /** How the bytes of an index file divide, if known. */
  readonly division?: { readonly slotCount: number; readonly entryCount: number };
  /** Show bodies and all properties too. */
  readonly deep?: boolean;
}
