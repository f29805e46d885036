/**
 * Imports what only one runtime has.
 *
 * @module
 */

/**
 * Imports a module by a name that nothing reads before the program runs: Deno would want the
 * package at its start, and a bundler would put koffi's machine code into its bundle, or miss what
 * another runtime brings. The name is a parameter, as webpack looks through a constant, and the
 * comment tells webpack to leave the import alone.
 */
export function importUnseen(specifier: string): Promise<unknown> {
  return import(/* webpackIgnore: true */ specifier);
}
