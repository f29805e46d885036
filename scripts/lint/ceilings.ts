/**
 * No file over 400 lines, no function over 70: what is longer does more than one thing.
 *
 * @module
 */

const FILE_LINES = 400;
const FUNCTION_LINES = 70;

/** Callbacks of these only group tests, which are functions of their own. */
const GROUPS = ["describe", "suite"];

type FunctionNode =
  | Deno.lint.ArrowFunctionExpression
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression;

/** The rule `file-ceiling`. */
export const fileCeiling: Deno.lint.Rule = {
  create(context) {
    return {
      Program(node) {
        const lines = lineCount(context.sourceCode.text);
        if (lines <= FILE_LINES) return;
        const range: Deno.lint.Range = [node.range[0], node.range[0]];
        const message = `The file has ${lines} lines, the ceiling is ${FILE_LINES}: ` +
          "split it by what its parts are about";
        context.report({ range, message });
      },
    };
  },
};

/** The rule `function-ceiling`. */
export const functionCeiling: Deno.lint.Rule = {
  create(context) {
    function check(node: FunctionNode): void {
      const [start, end] = node.range;
      const lines = lineCount(context.sourceCode.text.slice(start, end));
      if (lines <= FUNCTION_LINES || isGroup(node)) return;
      const message = `The function has ${lines} lines, the ceiling is ${FUNCTION_LINES}: ` +
        "give its steps names and make them functions";
      context.report({ range: [start, start + 1], message });
    }

    return {
      ArrowFunctionExpression: check,
      FunctionDeclaration: check,
      FunctionExpression: check,
    };
  },
};

function lineCount(text: string): number {
  const feeds = text.split("\n").length - 1;
  return text.endsWith("\n") ? feeds : feeds + 1;
}

function isGroup(node: FunctionNode): boolean {
  const parent = node.parent as Deno.lint.Node;
  return parent.type === "CallExpression" && parent.callee.type === "Identifier" &&
    GROUPS.includes(parent.callee.name);
}
