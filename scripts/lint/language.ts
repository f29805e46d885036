/**
 * The part of the language that we use: what is left when types are erased is the program.
 *
 * @module
 */
import { sourcePath } from "./source_path.ts";

/** Files whose host wants a default export. */
const DEFAULT_EXPORTS = ["scripts/lint_plugin.ts"];

const SNAKE_CASE = /^[a-z0-9]+(_[a-z0-9]+)*(\.d)?\.[cm]?[jt]s$/;
const BIGINT_NAMES = ["BigInt", "BigInt64Array", "BigUint64Array"];
const BIGINT_MEMBERS = ["getBigInt64", "getBigUint64", "setBigInt64", "setBigUint64"];

/** The rule `erasable-syntax`: nothing that only TypeScript would turn into code. */
export const erasableSyntax: Deno.lint.Rule = {
  create(context) {
    function member(node: { readonly accessibility?: string } & Deno.lint.Node): void {
      if (node.accessibility === undefined || isPrivateConstructor(node)) return;
      const message = `"${node.accessibility}" is not used: write #name for what is private, ` +
        "and nothing for what is public";
      context.report({ range: [node.range[0], node.range[0] + 1], message });
    }

    return {
      AccessorProperty: member,
      MethodDefinition: member,
      PropertyDefinition: member,
      TSAbstractMethodDefinition: member,
      TSAbstractPropertyDefinition: member,
      TSParameterProperty(node) {
        const message = "A parameter property is not erasable: declare the field and assign it";
        context.report({ node, message });
      },
      TSEnumDeclaration(node) {
        context.report({ node, message: "An enum is not used: write a union of strings" });
      },
      TSModuleDeclaration(node) {
        context.report({ node, message: "A namespace is not used: a file is a module already" });
      },
    };
  },
};

/** There is no `#constructor`. */
function isPrivateConstructor(node: Deno.lint.Node & { readonly accessibility?: string }): boolean {
  return node.type === "MethodDefinition" && node.kind === "constructor" &&
    node.accessibility === "private";
}

/** The rule `named-exports`: an importer uses the name that the exporter chose. */
export const namedExports: Deno.lint.Rule = {
  create(context) {
    if (DEFAULT_EXPORTS.includes(sourcePath(context.filename).path)) return {};

    return {
      ExportDefaultDeclaration(node) {
        context.report({ node, message: "A default export is not used: export a name" });
      },
    };
  },
};

/**
 * The rule `top-level-function`: a function of a module is declared, so that it has a name and
 * hoists.
 */
export const topLevelFunction: Deno.lint.Rule = {
  create(context) {
    return {
      VariableDeclarator(node) {
        const isFunction = node.init?.type === "ArrowFunctionExpression" ||
          node.init?.type === "FunctionExpression";
        if (!isFunction || !isTopLevel(node)) return;
        context.report({ node, message: "At the top level write `function name() {}`" });
      },
    };
  },
};

/**
 * The rule `empty-catch`: an error that is dropped needs a line of code that says what happens
 * instead.
 */
export const emptyCatch: Deno.lint.Rule = {
  create(context) {
    return {
      CatchClause(node) {
        if (node.body.body.length > 0) return;
        const message = "A catch must do something: handle the one error that is expected " +
          "and throw the others again";
        context.report({ node, message });
      },
    };
  },
};

/** The rule `no-bigint`: positions and offsets are numbers; 64-bit integers stay inside ffi/. */
export const noBigint: Deno.lint.Rule = {
  create(context) {
    const { inLibrary, area } = sourcePath(context.filename);
    if (!inLibrary || area === "ffi") return {};

    function report(node: Deno.lint.Node): void {
      const message = "A bigint stays inside ffi/: use a number, checked against 2^53";
      context.report({ node, message });
    }

    return {
      TSBigIntKeyword: report,
      Literal(node) {
        if (typeof node.value === "bigint") report(node);
      },
      Identifier(node) {
        if (BIGINT_NAMES.includes(node.name) || BIGINT_MEMBERS.includes(node.name)) report(node);
      },
    };
  },
};

/** The rule `file-name`: snake_case, and no index. */
export const fileName: Deno.lint.Rule = {
  create(context) {
    const { name } = sourcePath(context.filename);
    if (SNAKE_CASE.test(name) && !name.startsWith("index.")) return {};

    return {
      Program(node) {
        const range: Deno.lint.Range = [node.range[0], node.range[0]];
        const message = `"${name}" is not a file name of ours: write snake_case.ts, ` +
          "and mod.ts for a folder's door";
        context.report({ range, message });
      },
    };
  },
};

function isTopLevel(node: Deno.lint.VariableDeclarator): boolean {
  const parent: Deno.lint.Node = node.parent.parent;
  return parent.type === "Program" || parent.type === "ExportNamedDeclaration";
}
