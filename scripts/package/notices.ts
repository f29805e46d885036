/**
 * The licenses of the packages that are in a bundle, which ask to go with them.
 *
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const LICENSE = /^licen[cs]e(\.(md|txt))?$/i;

/**
 * Gathers the licenses.
 *
 * @param packages Specifiers and folders of the packages.
 * @returns One text.
 * @throws {Error} If a package has no license file.
 */
export async function licenseNotices(packages: ReadonlyMap<string, string>): Promise<string> {
  const parts = ["The command line holds these packages, each under its own license."];
  for (const [specifier, folder] of [...packages].sort()) {
    const file = (await readdir(folder)).find((name) => LICENSE.test(name));
    if (file === undefined) throw new Error(`Cannot bundle ${specifier}: it has no license file`);
    const text = await readFile(join(folder, file), "utf8");
    parts.push(`${"-".repeat(70)}\n${specifier.replace(/^npm:/, "")}\n\n${text.trim()}`);
  }
  return `${parts.join("\n\n")}\n`;
}
