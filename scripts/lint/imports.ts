/**
 * Calls a check with every module that a file names: static, dynamic, re-exported, in a type.
 *
 * @module
 */

/** What is told about one import. */
export interface ImportUse {
  /** The specifier as written. */
  readonly specifier: string;
  /** Where it is written. */
  readonly node: Deno.lint.Node;
}

/**
 * Makes a visitor that hands every literal module specifier of a file to `check`.
 *
 * @param check Called once an import; a specifier that is computed is not seen.
 * @returns The visitor.
 */
export function visitImports(check: (use: ImportUse) => void): Deno.lint.LintVisitor {
  function literal(node: Deno.lint.Node | null): void {
    if (node?.type === "TSLiteralType") return literal(node.literal);
    if (node?.type !== "Literal" || typeof node.value !== "string") return;
    check({ specifier: node.value, node });
  }

  return {
    ImportDeclaration: (node) => literal(node.source),
    ExportNamedDeclaration: (node) => literal(node.source),
    ExportAllDeclaration: (node) => literal(node.source),
    ImportExpression: (node) => literal(node.source),
    TSImportType: (node) => literal(node.argument),
  };
}
