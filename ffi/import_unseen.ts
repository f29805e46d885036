/**
 * Imports what only one runtime has.
 *
 * @module
 */

/**
 * Imports a module by a name that nothing reads before the program runs: Deno would want the
 * package at its start, and a bundler would put koffi's machine code into its bundle, or fail where
 * a runtime has no such module. A parameter, since bundlers follow constants; the comments are
 * theirs.
 */
export function importUnseen(specifier: string): Promise<unknown> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ specifier);
}
