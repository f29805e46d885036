/**
 * What a browser gets in place of the library: one sentence, and not the riddles that bundlers make
 * of built-ins that are missing there.
 *
 * @module
 */

/** Its name in the package, which bundlers show. */
export const NOT_FOR_BROWSERS = "not_for_browsers.js";

/**
 * Writes the module. It has every name that a module of the package has, or a bundler or a browser
 * would complain of a name before the sentence is said.
 *
 * @param name Name of the package.
 * @param exported Names of all that its modules export.
 * @returns The script.
 */
export function notForBrowsers(name: string, exported: ReadonlySet<string>): string {
  const reason = `Cannot load ${name} in a browser: it calls libc of Linux, ` +
    "run it in Node, Deno or Bun, and have it bundled for one of them";
  const names = [...exported].sort().map((one) => `export const ${one} = refuse();\n`);
  return `function refuse() {
  throw new Error(${JSON.stringify(reason)});
}

${names.join("")}`;
}
