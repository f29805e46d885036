/**
 * Which file uses which: a name that comes through a door is traced to the file that declares it.
 *
 * It reads the formatted source as text, which is enough for imports and exports and needs no
 * compiler.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** A file of the source. */
export interface SourceFile {
  /** Path from the root, with slashes. */
  readonly path: string;
  /** Its text. */
  readonly text: string;
  /** Files that declare what it imports or hands on. */
  readonly uses: ReadonlySet<string>;
}

interface Clause {
  /** What is imported or handed on, by the name that it has there; `undefined` for all. */
  readonly names: readonly string[] | undefined;
  readonly from: string;
  readonly isExport: boolean;
}

const CLAUSE =
  /^(import|export)\s+(?:type\s+)?(?:(\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+)\s+from\s+)?"(\.[^"]+)"/gm;
const DYNAMIC = /\bimport\("(\.[^"]+)"\)/g;
const DECLARATION =
  /^export (?:declare |abstract |async )*(?:function\*?|class|const|let|interface|type) (\w+)/gm;

/**
 * Reads the files of folders.
 *
 * @param root Root of the repository.
 * @param folders Folders from the root.
 * @returns The files by path.
 */
export function readSource(root: string, folders: readonly string[]): Map<string, SourceFile> {
  const texts = new Map<string, string>();
  for (const folder of folders) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      const path = `${folder}/${name}`;
      if (name.endsWith(".ts")) texts.set(path, readFileSync(join(root, path), "utf8"));
    }
  }
  const clauses = new Map([...texts].map(([path, text]) => [path, clausesOf(path, text)]));
  const resolver = new Resolver(texts, clauses);
  return new Map([...texts].map(([path, text]) => {
    const uses = clauses.get(path)!.flatMap(({ names, from }) =>
      names === undefined ? [from] : names.map((name) => resolver.declaring(from, name))
    );
    return [path, { path, text, uses: new Set(uses.filter((used) => texts.has(used))) }];
  }));
}

function clausesOf(path: string, text: string): Clause[] {
  const resolve = (specifier: string) => posix.join(posix.dirname(path), specifier);
  const written = [...text.matchAll(CLAUSE)].map(([, word, what, specifier]) => ({
    names: what?.startsWith("{") ? namesIn(what) : undefined,
    from: resolve(specifier),
    isExport: word === "export",
  }));
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, specifier]) => ({
    names: undefined,
    from: resolve(specifier),
    isExport: false,
  }));
  return [...written, ...dynamic];
}

function namesIn(braces: string): string[] {
  return braces.slice(1, -1).split(",").map((part) => part.trim().replace(/^type /, ""))
    .filter((part) => part !== "").map((part) => part.split(/\s+as\s+/)[0]);
}

/** Follows names through doors. */
class Resolver {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #clauses: ReadonlyMap<string, readonly Clause[]>;
  readonly #declared = new Map<string, ReadonlySet<string>>();

  constructor(
    texts: ReadonlyMap<string, string>,
    clauses: ReadonlyMap<string, readonly Clause[]>,
  ) {
    this.#texts = texts;
    this.#clauses = clauses;
  }

  /** The file that declares what a file exports by a name; that file itself if none is found. */
  declaring(path: string, name: string): string {
    return this.#find(path, name) ?? path;
  }

  #find(path: string, name: string): string | undefined {
    if (this.#declares(path, name)) return path;
    const handedOn = (this.#clauses.get(path) ?? []).filter(({ isExport }) => isExport);
    const named = handedOn.find(({ names }) => names?.includes(name));
    if (named !== undefined) return this.#find(named.from, name);
    for (const { names, from } of handedOn) {
      const found = names === undefined ? this.#find(from, name) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #declares(path: string, name: string): boolean {
    let declared = this.#declared.get(path);
    if (declared === undefined) {
      const text = this.#texts.get(path) ?? "";
      declared = new Set([...text.matchAll(DECLARATION)].map(([, found]) => found));
      this.#declared.set(path, declared);
    }
    return declared.has(name);
  }
}
