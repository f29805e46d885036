/**
 * The rules for prose: how wide it is and what it must not say.
 *
 * @module
 */
import { assertFires, assertQuiet } from "./lint_reports.ts";

Deno.test("line-width refuses a line that the formatter leaves too wide", () => {
  const wide = `// ${"x".repeat(98)}`;
  assertFires("line-width", "tests/a_test.ts", `${wide}\nf();`, /101 characters, of 100/);
  assertQuiet("tests/a_test.ts", `${wide.slice(0, -1)}\nf();`);
});

Deno.test("plain-words refuses words that name nothing, and tags that repeat a name", () => {
  const vague = "/** Kept for whoever comes next. */\nf();";
  assertFires("plain-words", "storage/log/a.ts", vague, /"whoever" is vague/);
  assertQuiet("tests/a_test.ts", vague);
  const tag = "/**\n * Opens.\n *\n * @param libc The operating system.\n */\nfunction f() {}";
  assertFires("plain-words", "storage/log/a.ts", tag, /"@param libc The operating system\."/);
  assertQuiet("storage/types.ts", tag);
  assertQuiet(
    "storage/log/a.ts",
    tag.replace("The operating", "From the first byte of the operating"),
  );
  assertQuiet("storage/log/a.ts", tag.replace("system.", "system,\n *   which may be decorated."));
});
