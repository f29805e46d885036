/**
 * A name of the store's directory, of a topic or of a property is spelled in one file,
 * `storage/layout/names.ts`: a second spelling is the one that is forgotten.
 *
 * Names that are English words too are refused where they can only be names: with a slash, handed
 * to what takes a path, or as a constant. Comments and types may say any name.
 *
 * @module
 */
import * as names from "../../storage/layout/names.ts";
import { sourcePath } from "./source_path.ts";

const MAP = "storage/layout/names.ts";
const NAMES: ReadonlySet<string> = new Set(
  Object.values(names).flatMap((value) =>
    typeof value === "string" ? value : Object.values<string>(value)
  ),
);
const WORDS = ["abort", "checkpoint", "config", "index", "lock", "metadata", "streambed", "topics"];
const FOLDERS = [...NAMES].filter((name) => /^[a-z_]+$/.test(name) && !name.endsWith("_"));
/** A name that a path goes on behind, or that ends one. */
const IN_PATH = new RegExp(`(?:^|[\\s"'(/])(?:${FOLDERS.join("|")})/|/(?:${FOLDERS.join("|")})$`);
const TAKES_PATH =
  /^(?:open|list|status|remove|rename|lookAt|join|resolve|holdFolder|\w+(?:File|Folder))$/;
const CONSTANT = /^[A-Z][A-Z0-9_]*$/;

/** The rule `names-once`. */
export const namesOnce: Deno.lint.Rule = {
  create(context) {
    const { path, area } = sourcePath(context.filename);
    if (!["ffi", "storage", "adapters", "cli"].includes(area) || path === MAP) return {};
    const report = (node: Deno.lint.Node, found: string) =>
      context.report({
        node,
        message: `"${found}" has a name in ${MAP}: use that, so that it is spelled once`,
      });

    return {
      Literal(node) {
        const { value, parent } = node;
        if (value instanceof RegExp) {
          const found = inPattern(value.source);
          if (found !== undefined) report(node, found);
        } else if (typeof value === "string" && !isSpecifier(parent)) {
          if (isName(value) || (WORDS.includes(value) && isPlace(node))) report(node, value);
        }
      },
      TemplateElement(node) {
        if (isName(node.cooked)) report(node, node.cooked);
      },
    };
  },
};

function isName(text: string): boolean {
  return (NAMES.has(text) && !WORDS.includes(text)) || IN_PATH.test(text);
}

/** Names of three letters are in many words. */
function inPattern(source: string): string | undefined {
  const text = source.replaceAll("\\.", ".").replaceAll("\\/", "/");
  return [...NAMES].find((name) => !WORDS.includes(name) && name.length > 3 && text.includes(name));
}

function isSpecifier(parent: Deno.lint.Node): boolean {
  return /^(?:Import|Export)|^TS(?:ImportType|ExternalModuleReference|LiteralType)$/
    .test(parent.type);
}

/** Whether a literal is an argument of what takes a path, or the value of a constant. */
function isPlace(node: Deno.lint.StringLiteral): boolean {
  const parent: Deno.lint.Node = node.parent;
  if (parent.type === "VariableDeclarator") {
    return parent.id.type === "Identifier" && CONSTANT.test(parent.id.name);
  }
  if (parent.type !== "CallExpression") return false;
  const { callee } = parent;
  const name = callee.type === "MemberExpression" ? callee.property : callee;
  return name.type === "Identifier" && TAKES_PATH.test(name.name);
}
