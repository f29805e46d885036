/**
 * The library reaches the world only through ffi/ and the environment it is given, so that a
 * simulator can stand in for both. No code but the back ends names a runtime, and nothing prints.
 *
 * @module
 */
import { RUNTIME_FILES, type SourcePath, sourcePath } from "./source_path.ts";

const RUNTIMES = ["Buffer", "Bun", "Deno", "global", "globalThis", "process"];

/**
 * Clocks, chance, timers and networks: what makes a run of storage/ different from the one before.
 */
const WORLD = [
  "Date",
  "Temporal",
  "clearInterval",
  "clearTimeout",
  "crypto",
  "fetch",
  "navigator",
  "performance",
  "queueMicrotask",
  "setImmediate",
  "setInterval",
  "setTimeout",
];

/** The command line runs on every runtime, on what all of them have: the built-ins of Node. */
const OF_ONE_RUNTIME = ["Bun", "Deno"];

/** The one file of storage/ that makes an environment of the real world. */
const ENVIRONMENT = "storage/environment.ts";

/** The rule `runtime-globals`. */
export const runtimeGlobals: Deno.lint.Rule = {
  create(context) {
    const banned = bannedNames(sourcePath(context.filename));
    if (banned.size === 0) return {};
    // A shorthand property is met twice, as its key and as its value.
    const reported = new Set<number>();

    return {
      Identifier(node) {
        const advice = banned.get(node.name);
        if (advice === undefined || !isReference(node) || reported.has(node.range[0])) return;
        if (isMomentType(node)) return;
        reported.add(node.range[0]);
        context.report({ node, message: `"${node.name}" must not be named here: ${advice}` });
      },
      MemberExpression(node) {
        if (!banned.has("Math.random") || !isMathRandom(node)) return;
        context.report({
          node,
          message: '"Math.random" must not be named here: use the random of the environment',
        });
      },
    };
  },
};

function bannedNames(file: SourcePath): ReadonlyMap<string, string> {
  const banned = new Map<string, string>();
  if (file.area === "cli") {
    banned.set("console", "data goes through the output of the context, notes through note()");
    for (const name of OF_ONE_RUNTIME) {
      banned.set(name, "the command line runs on Deno, Node and Bun alike: use a node: built-in");
    }
  }
  if (!file.inLibrary) return banned;
  banned.set("console", "the library prints nothing; return the fact, or throw it");

  if (!RUNTIME_FILES.includes(file.path)) {
    for (const name of RUNTIMES) banned.set(name, `only ${RUNTIME_FILES.join(", ")} may`);
  }
  if (file.area === "storage" && file.path !== ENVIRONMENT) {
    for (const name of WORLD) banned.set(name, "storage/ uses the environment it was given");
    banned.set("Math.random", "");
  }
  return banned;
}

function isMathRandom(node: Deno.lint.MemberExpression): boolean {
  return node.object.type === "Identifier" && node.object.name === "Math" &&
    node.property.type === "Identifier" && node.property.name === "random";
}

/** A `Date` that is handed in is no clock. */
function isMomentType({ name, parent }: Deno.lint.Identifier): boolean {
  return name === "Date" && (parent as Deno.lint.Node).type === "TSTypeReference";
}

/** Whether an identifier stands for a variable or a type, and is not the name of a member. */
function isReference(node: Deno.lint.Identifier): boolean {
  const parent = node.parent as Deno.lint.Node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.computed || same(parent.object, node);
    case "Property":
      return parent.computed || same(parent.value, node);
    case "MethodDefinition":
    case "PropertyDefinition":
    case "TSPropertySignature":
    case "TSMethodSignature":
    case "TSAbstractMethodDefinition":
    case "TSAbstractPropertyDefinition":
      return parent.computed || !same(parent.key, node);
    case "TSQualifiedName":
      return same(parent.left, node);
    case "TSImportType":
      return false;
    default:
      return true;
  }
}

function same(one: Deno.lint.Node | null, other: Deno.lint.Node): boolean {
  return one !== null && one.range[0] === other.range[0] && one.range[1] === other.range[1];
}
