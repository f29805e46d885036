/**
 * What the house style says of a source.
 *
 * @module
 */
import assert from "node:assert/strict";
import plugin from "../../scripts/lint_plugin.ts";

/** The doc comment of a module. */
export const DOC = "/**\n * A module.\n *\n * @module\n */\n";

/** Runs the whole plugin over a documented file and gives `rule: message` of each report. */
function lint(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, file, DOC + source)
    .map((diagnostic) => `${diagnostic.id.replace("streambed/", "")}: ${diagnostic.message}`);
}

/** Asserts that one rule, and no other, reports a source. */
export function assertFires(rule: string, file: string, source: string, advice: RegExp): void {
  const reports = lint(file, source);
  assert.equal(reports.length, 1, `${file}: ${source}\n${reports.join("\n")}`);
  assert.ok(reports[0].startsWith(`${rule}: `), reports[0]);
  assert.match(reports[0], advice);
}

/** Asserts that no rule reports a source. */
export function assertQuiet(file: string, source: string): void {
  assert.deepEqual(lint(file, source), [], `${file}: ${source}`);
}

/** An import of a module. */
export function importOf(specifier: string): string {
  return `import { x } from "${specifier}";`;
}
