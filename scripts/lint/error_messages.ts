/**
 * One grammar for what goes wrong: `Cannot <verb> <object>: <state>`, without a full stop at the
 * end.
 *
 * Judged is the first argument of a built-in error and of `super()` in an error class, that of an
 * error of ours when it is a sentence, and the message of `storeError()`. What is passed through a
 * variable is not seen, nor is an argument without a space, which is a code or a name. Assertions
 * state the truth that was broken, so `InvariantError` is exempt.
 *
 * @module
 */
import { sourcePath } from "./source_path.ts";

const BUILT_IN = /^(Aggregate|Range|Reference|Syntax|Type|URI)?Error$/;
const EXEMPT = ["InvariantError", "AssertionError"];

/** The rule `error-message`. */
export const errorMessage: Deno.lint.Rule = {
  create(context) {
    if (!sourcePath(context.filename).isPublished) return {};

    function check(argument: Deno.lint.Node | undefined): void {
      const advice = argument && wrongMessage(textParts(argument));
      if (advice) context.report({ node: argument, message: advice });
    }

    return {
      NewExpression(node) {
        const name = node.callee.type === "Identifier" ? node.callee.name : "";
        const argument: Deno.lint.Node | undefined = node.arguments[0];
        if (!name.endsWith("Error") || EXEMPT.includes(name)) return;
        if (BUILT_IN.test(name) || (argument && isSentence(argument))) check(argument);
      },
      CallExpression(node) {
        if (node.callee.type === "Super" && isErrorClass(context, node)) check(node.arguments[0]);
        const name = node.callee.type === "Identifier" ? node.callee.name : "";
        if (name === "storeError") check(node.arguments[2]);
      },
    };
  },
};

function isErrorClass(context: Deno.lint.RuleContext, node: Deno.lint.Node): boolean {
  const ancestors = context.sourceCode.getAncestors(node);
  const owner = ancestors.findLast((ancestor) =>
    ancestor.type === "ClassDeclaration" || ancestor.type === "ClassExpression"
  );
  const name = owner && "id" in owner && owner.id?.type === "Identifier" ? owner.id.name : "";
  return name.endsWith("Error") && !EXEMPT.includes(name);
}

function isSentence(node: Deno.lint.Node): boolean {
  const parts = textParts(node);
  return /^[A-Z]/.test(parts[0]) || parts[parts.length - 1].endsWith(".");
}

function wrongMessage(parts: readonly string[]): string | undefined {
  if (!parts.join("").includes(" ")) return undefined;
  if (parts[0] !== "" && !parts[0].startsWith("Cannot ")) {
    return 'An error message reads "Cannot <verb> <object>: <state>": start it with "Cannot "';
  }
  if (parts[parts.length - 1].endsWith(".")) {
    return "An error message has no full stop at its end: remove it";
  }
  return undefined;
}

/**
 * The literal text of a string, from its first part to its last; `""` where an expression stands.
 */
function textParts(node: Deno.lint.Node): string[] {
  if (node.type === "Literal" && typeof node.value === "string") return [node.value];
  if (node.type === "TemplateLiteral") return node.quasis.map((quasi) => quasi.cooked);
  if (node.type === "BinaryExpression" && node.operator === "+") {
    return [...textParts(node.left), ...textParts(node.right)];
  }
  return [""];
}
