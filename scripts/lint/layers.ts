/**
 * Arrows point one way, `errors.ts <- ffi <- storage <- adapters <- mod.ts <- cli`, and a folder
 * has one door, its `mod.ts`.
 *
 * Tests import anything, scripts what is not a test, the harness what is neither; an example knows
 * the package alone. What is allowed beyond that is data, at the top.
 *
 * @module
 */
import { type ImportUse, visitImports } from "./imports.ts";
import { type Area, importedPath, type SourcePath, sourcePath } from "./source_path.ts";

/** Which areas a file of an area may import, its own aside. */
const ARROWS: Readonly<Partial<Record<Area, readonly Area[]>>> = {
  "errors.ts": [],
  ffi: ["errors.ts"],
  storage: ["errors.ts", "ffi"],
  adapters: ["storage"],
  "mod.ts": ["errors.ts", "ffi", "storage", "adapters"],
  cli: ["ffi", "storage", "adapters", "mod.ts"],
};

/**
 * What the parts beside the library must not import: a test is run by its runner alone, and the
 * harness serves both.
 */
const BESIDE: Readonly<Partial<Record<Area, readonly Area[]>>> = {
  harness: ["scripts", "tests"],
  scripts: ["tests"],
};

/** The one file outside of the tree's folders that the command line reads: its version is there. */
const CONFIGURATION = "deno.json";

/** Files of storage/ that its subfolders import directly: they import nothing that leads back. */
const STORAGE_LEAVES = [
  "assert.ts",
  "environment.ts",
  "errors.ts",
  "events.ts",
  "message.ts",
  "notes.ts",
  "options.ts",
  "port.ts",
  "store_events.ts",
  "turns.ts",
  "types.ts",
];

/** The rooms of storage/, from the lowest floor up: a room imports those before it. */
const STORAGE_ROOMS = [
  "layout",
  "arguments",
  "directory",
  "derived",
  "log",
  "broker",
  "read",
  "life",
  "verify",
  "backup",
];

/** Files of cli/ that its subfolders import directly. */
const CLI_LEAVES = [
  "cli_error.ts",
  "failure_text.ts",
  "files.ts",
  "text.ts",
];

/** storage/layout/ is bytes only: of the leaves it sees these. */
const LAYOUT_LEAVES = ["assert.ts", "errors.ts", "message.ts"];

/** What adapters share; it knows none of them. */
const ADAPTER_CORE = "adapters/core";

/**
 * Adapters that stand on another: a job saves its progress in a checkpoint, the streams of a typed
 * topic are Web Streams, and its values are consumed as messages are.
 */
const ADAPTER_EXCEPTIONS: readonly (readonly [from: string, to: string])[] = [
  ["adapters/job", "adapters/checkpoint"],
  ["adapters/topic", "adapters/web"],
  ["adapters/topic", "adapters/consume"],
];

/** Adapters that stand on none, not on the core either: a checkpoint knows no streams. */
const ALONE = ["adapters/checkpoint"];

/** The rule `layers`. */
export const layers: Deno.lint.Rule = {
  create(context) {
    const from = sourcePath(context.filename);
    const wrong = from.isPublished ? wrongImport : wrongShare;
    return visitImports(({ specifier, node }: ImportUse) => {
      if (!specifier.startsWith(".")) return;
      const message = wrong(from, importedPath(from, specifier));
      if (message) context.report({ node, message });
    });
  },
};

function wrongImport(from: SourcePath, to: SourcePath): string | undefined {
  if (from.area === "cli" && to.path === CONFIGURATION) return undefined;
  return wrongArrow(from, to) ?? wrongRoom(from, to) ?? wrongAdapter(from, to) ??
    wrongDoor(from, to);
}

function wrongShare(from: SourcePath, to: SourcePath): string | undefined {
  if (from.area === "examples") return wrongExample(from, to);
  if (!BESIDE[from.area]?.includes(to.area)) return undefined;
  return `${from.area}/ must not import ${to.area}/: move what both need into harness/`;
}

/** Who copies the folder of an example has all of it. */
function wrongExample(from: SourcePath, to: SourcePath): string | undefined {
  if (to.folder === from.folder) return undefined;
  return `${from.folder}/ must not import ${to.path}: an example is a program of a user, whose ` +
    'folder can be copied; import "@streambed/log", "node:name" or a package';
}

function wrongArrow(from: SourcePath, to: SourcePath): string | undefined {
  if (from.area === to.area) return undefined;
  if (ARROWS[from.area]?.includes(to.area)) return undefined;
  return `${place(from)} must not import ${place(to)}: arrows point one way, ` +
    "errors.ts <- ffi <- storage <- adapters <- mod.ts <- cli; pass what is needed in as an argument";
}

/** A room that is not in the list is above all others, so that a new one is put in its place. */
function wrongRoom(from: SourcePath, to: SourcePath): string | undefined {
  const [one, other] = [roomOf(from), roomOf(to)];
  if (one === undefined || other === undefined || one === other || isLayout(from)) return undefined;
  const [floor, below] = [STORAGE_ROOMS.indexOf(one), STORAGE_ROOMS.indexOf(other)];
  if (below >= 0 && (floor < 0 || below < floor)) return undefined;
  return `storage/${one}/ must not import storage/${other}/: the rooms of storage/ stand on each ` +
    `other, ${STORAGE_ROOMS.join(" <- ")}; pass what is needed in as an argument`;
}

function roomOf({ area, folder }: SourcePath): string | undefined {
  return area === "storage" ? folder.split("/")[1] : undefined;
}

function wrongAdapter(from: SourcePath, to: SourcePath): string | undefined {
  if (from.area !== "adapters" || to.area !== "adapters") return undefined;
  const [one, other] = [adapterOf(from), adapterOf(to)];
  if (one === other) return undefined;
  if (ADAPTER_EXCEPTIONS.some(([a, b]) => one === a && other === b)) return undefined;
  if (other === ADAPTER_CORE && !ALONE.includes(one)) return undefined;
  return `${one}/ must not import ${other}/: adapters do not know each other; ` +
    "move what both need into storage/";
}

function adapterOf(file: SourcePath): string {
  return file.folder.split("/", 2).join("/");
}

function wrongDoor(from: SourcePath, to: SourcePath): string | undefined {
  if (to.path === from.path || (to.name === "mod.ts" && to.folder === from.folder)) {
    return "A file must not import its own folder's mod.ts: import the file that declares the name";
  }
  if (to.folder === from.folder || to.area === "errors.ts") return undefined;
  if (from.folder.startsWith(`${to.folder}/`)) return wrongAscent(from, to);
  if (isLayout(from)) return layoutMessage();
  if (to.name === "mod.ts") return undefined;
  return `${to.folder}/ is entered only through its mod.ts: ` +
    `export the name there and import ${to.folder}/mod.ts`;
}

function wrongAscent(from: SourcePath, to: SourcePath): string | undefined {
  const [folder, leaves]: readonly [string, readonly string[]] = from.area === "cli"
    ? ["cli", CLI_LEAVES]
    : [
      "storage",
      isLayout(from) ? LAYOUT_LEAVES : STORAGE_LEAVES,
    ];
  if (to.folder === folder && leaves.includes(to.name)) return undefined;
  if (isLayout(from)) return layoutMessage();
  return `${from.folder}/ must not import ${to.path}: of the folder above it sees only the leaves ` +
    `${leaves.join(", ")} of ${folder}/; pass what is needed in as an argument`;
}

function layoutMessage(): string {
  return `storage/layout/ is bytes only: it may import ${LAYOUT_LEAVES.join(", ")}, ` +
    "nothing else of the library";
}

function isLayout(file: SourcePath): boolean {
  return file.folder === "storage/layout";
}

function place(file: SourcePath): string {
  return file.folder === "." || file.area === "elsewhere" ? file.path : `${file.area}/`;
}
