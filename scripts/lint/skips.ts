/**
 * A skipped test says why where everybody sees it: at the end of the gate's output.
 *
 * The runner drops the reason of `{ skip: "why" }` and counts `t.skip("why")` as passed. The
 * options that `skipUnless()` makes are recorded, so all skipping goes through it. `only` hides the
 * tests beside it.
 *
 * @module
 */
import { sourcePath } from "./source_path.ts";

const HELPER = "tests/support/skip.ts";
const OPTIONS = ["skip", "ignore", "todo", "only"];
const CALLEES = ["test", "it", "describe", "suite", "step"];

/** The rule `skip-reason`. */
export const skipReason: Deno.lint.Rule = {
  create(context) {
    const { area, path } = sourcePath(context.filename);
    if (area !== "tests" || path === HELPER) return {};

    function report(node: Deno.lint.Node): void {
      const message = "A test is skipped by `...skipUnless(condition, reason)` from " +
        `${HELPER}, which reports the reason; \`only\` and \`todo\` are not used`;
      context.report({ node, message });
    }

    return {
      CallExpression(node) {
        if (node.callee.type === "MemberExpression" && isSkipCall(node.callee)) report(node);
        if (!CALLEES.includes(lastName(node.callee))) return;
        for (const property of optionsOf(node)) {
          if (OPTIONS.includes(lastName(property.key))) report(property);
        }
      },
    };
  },
};

/** `test.skip()`, `it.only()`, `Deno.test.ignore()`, `t.todo()`; not `queue.skip()`. */
function isSkipCall(callee: Deno.lint.MemberExpression): boolean {
  const owner = lastName(callee.object);
  const isTest = CALLEES.includes(owner) || ["t", "ctx", "context"].includes(owner);
  return isTest && OPTIONS.includes(lastName(callee.property));
}

function optionsOf(node: Deno.lint.CallExpression): Deno.lint.Property[] {
  return node.arguments
    .filter((argument) => argument.type === "ObjectExpression")
    .flatMap((argument) => argument.properties)
    .filter((property) => property.type === "Property");
}

/** The name that an expression ends in: `test` of `Deno.test`. */
function lastName(node: Deno.lint.Node): string {
  if (node.type === "Identifier") return node.name;
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type === "MemberExpression") return lastName(node.property);
  return "";
}
