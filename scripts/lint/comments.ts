/**
 * Comments say why. They hold no plans and no dead code, and every file starts by saying what it
 * is.
 *
 * @module
 */
import { sourcePath } from "./source_path.ts";

type Comment = Deno.lint.LineComment | Deno.lint.BlockComment;

const PLAN = /\b(TODO|FIXME|XXX|HACK)\b/;

/** The C prototypes that stand beside the symbols end like statements. */
const C_PROTOTYPES = ["ffi/symbols.ts"];

/** The rule `no-plans`. */
export const noPlans: Deno.lint.Rule = {
  create(context) {
    return onComments(context, (comment) => {
      const plan = PLAN.exec(comment.value);
      if (plan === null) return undefined;
      return `"${plan[1]}" does not belong in the source: do it, or file it where plans are kept`;
    });
  },
};

/** The rule `no-dead-code`: a comment that ends like a statement is one. */
export const noDeadCode: Deno.lint.Rule = {
  create(context) {
    if (C_PROTOTYPES.includes(sourcePath(context.filename).path)) return {};

    return onComments(context, (comment) => {
      if (comment.value.startsWith("*")) return undefined;
      const isCode = comment.value.split("\n").some((line) => /[;{]\s*$/.test(line));
      if (!isCode) return undefined;
      return "Code that is commented out is removed: the history keeps it";
    });
  },
};

/** The rule `module-doc`. */
export const moduleDoc: Deno.lint.Rule = {
  create(context) {
    return {
      Program(node) {
        const text = context.sourceCode.text.replace(/^#!.*\n/, "").trimStart();
        const doc = /^\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? "";
        if (/^ ?\* @module\s*$/m.test(doc)) return;
        const range: Deno.lint.Range = [node.range[0], node.range[0]];
        const message = "A file starts with a doc comment that says what it is and ends in @module";
        context.report({ range, message });
      },
    };
  },
};

function onComments(
  context: Deno.lint.RuleContext,
  judge: (comment: Comment) => string | undefined,
): Deno.lint.LintVisitor {
  return {
    Program() {
      for (const comment of context.sourceCode.getAllComments()) {
        const message = judge(comment);
        if (message !== undefined) context.report({ range: comment.range, message });
      }
    },
  };
}
