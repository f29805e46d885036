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

/**
 * Characters of a line, as in the formatter; it does not wrap what stands in comments and texts.
 */
const LINE_WIDTH = 100;
/** A line of a comment and nothing else. */
const COMMENT_LINE = /^\s*(\/?\*|\/\/)/;

/** Words that say who without saying what: name the thing. */
const VAGUE = /\b(somebody|someone|nobody|whoever)\b/i;

/** What is published keeps a tag for each parameter. */
const FULL_DOCS =
  /^(mod\.ts|errors\.ts|adapters\/.*|storage\/(message|options|port|store|types)\.ts)$/;

/** A tag that says so little, and no unit, repeats the name that it stands for. */
const TAG_WORDS_MIN = 5;
const UNIT = /\b(ms|s|bytes|pages|bits)\b/;

/** The rule `line-width`. */
export const lineWidth: Deno.lint.Rule = {
  create(context) {
    const { isPublished } = sourcePath(context.filename);
    return {
      Program() {
        let start = 0;
        for (const line of context.sourceCode.text.split("\n")) {
          const range: Deno.lint.Range = [start, start + line.length];
          start = range[1] + 1;
          // Beside the library, the name of a test is a sentence and may be long.
          if (line.length <= LINE_WIDTH || !(isPublished || COMMENT_LINE.test(line))) continue;
          const message = `The line has ${line.length} characters, of ${LINE_WIDTH}: say less`;
          context.report({ range, message });
        }
      },
    };
  },
};

/** The rule `plain-words`. */
export const plainWords: Deno.lint.Rule = {
  create(context) {
    const { isPublished, path } = sourcePath(context.filename);
    if (!isPublished) return {};
    return onComments(context, (comment) => {
      const vague = VAGUE.exec(comment.value);
      if (vague !== null) return `"${vague[0]}" is vague: say which thing does it`;
      const tag = FULL_DOCS.test(path) ? undefined : emptyTag(comment.value);
      return tag === undefined ? undefined : `"${tag}" says what the name says: leave it out`;
    });
  },
};

/** The first tag with next to no words. */
function emptyTag(text: string): string | undefined {
  const lines = text.split(/\n\s*\* ?/);
  return lines.find((line, index) => {
    const [, words] = /^@(?:param \S+|returns)\s+(.*)$/.exec(line.trim()) ?? [];
    if (words === undefined || UNIT.test(words)) return false;
    if (words.split(/\s+/).length >= TAG_WORDS_MIN) return false;
    const next = lines[index + 1]?.trim() ?? "";
    return next === "" || next.startsWith("@") || next === "/";
  })?.trim();
}

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
