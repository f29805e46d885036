/**
 * Which tests are nearest to a file of the product: those that would fail if it were wrong.
 *
 * @module
 */
import { posix } from "node:path";
import { patchesOf, PLANTED_FAULTS } from "../../harness/faults/mod.ts";
import { readSource, type SourceFile } from "./source_graph.ts";

/** A test, and why it is near. */
export interface NearTest {
  /** Path of a file or folder of tests, from the root. */
  readonly path: string;
  /** Why. */
  readonly why: string;
}

const PRODUCT = ["ffi", "storage", "adapters", "cli"];

/** The files of the product and of the tests. */
export class TestMap {
  readonly #files: ReadonlyMap<string, SourceFile>;
  readonly #tests: readonly SourceFile[];
  /** What tests say in their module comments that they test, by test. */
  readonly named: ReadonlyMap<string, readonly string[]>;
  readonly #users = new Map<string, string[]>();

  /**
   * Reads the source.
   *
   * @param root Root of the repository.
   */
  constructor(root: string) {
    this.#files = readSource(root, [...PRODUCT, "tests"]);
    this.#tests = [...this.#files.values()].filter(({ path }) => path.endsWith("_test.ts"));
    this.named = new Map(this.#tests.map(({ path, text }) => [path, namesIn(text)]));
    for (const { path, uses } of this.#files.values()) {
      for (const used of uses) this.#users.set(used, [...this.#users.get(used) ?? [], path]);
    }
  }

  /**
   * Files with code of their own, in order: no doors, and not what only declares types and
   * constants.
   */
  get product(): readonly string[] {
    return [...this.#files.values()].filter(({ path, text }) =>
      isProduct(path) && !path.endsWith("/mod.ts") && DECLARES_CODE.test(text)
    ).map(({ path }) => path).toSorted();
  }

  /** Files of the product that a name stands for: the end of their paths. */
  filesNamed(name: string): string[] {
    return [...this.#files.keys()].filter((path) => isProduct(path) && isNamed(path, name));
  }

  /**
   * Finds the nearest tests of a file.
   *
   * @param path The file, from the root.
   * @returns The tests, the nearest first; none if it has none.
   */
  nearest(path: string): readonly NearTest[] {
    const own = this.#ownTests(path);
    if (own.length > 0) return own;
    const [user, ...others] = (this.#users.get(path) ?? []).filter((other) =>
      isProduct(other) && !other.endsWith("/mod.ts")
    );
    if (user === undefined || others.length > 0) return this.#testsOfFolder(path);
    return this.nearest(user).map(({ path: test, why }) => ({
      path: test,
      why: `part of ${user}: ${why}`,
    }));
  }

  #ownTests(path: string): NearTest[] {
    const found = new Map<string, string>();
    const add = (test: string, why: string) => found.has(test) || found.set(test, why);
    for (const test of this.#namesakes(path)) add(test, "it has its name");
    for (const [test, names] of this.named) {
      if (names.some((name) => this.filesNamed(name).includes(path))) {
        add(test, "it names it");
      }
    }
    for (const fault of PLANTED_FAULTS) {
      if (!("tests" in fault.by) || patchesOf(fault).every(({ file }) => file !== path)) continue;
      for (const test of fault.by.tests) add(test, `it catches the planted fault ${fault.name}`);
    }
    for (const test of this.#tests) if (test.uses.has(path)) add(test.path, "it imports it");
    return [...found].map(([test, why]) => ({ path: test, why }));
  }

  /** All of the mirrored folder, but not of a whole part of the tree. */
  #testsOfFolder(path: string): NearTest[] {
    const folder = `tests/${posix.dirname(path)}`;
    const isPart = folder.split("/").length < 3;
    const hasTests = !isPart && this.#tests.some((test) => test.path.startsWith(`${folder}/`));
    return hasTests ? [{ path: folder, why: "it is about its folder" }] : [];
  }

  /** The test at the mirrored path; without one, those of its name in the same part of the tree. */
  #namesakes(path: string): string[] {
    const mirrored = `tests/${path.replace(/\.ts$/, "_test.ts")}`;
    if (this.#files.has(mirrored)) return [mirrored];
    const [area, ...rest] = path.split("/");
    const name = `/${rest[rest.length - 1].replace(/\.ts$/, "_test.ts")}`;
    return this.#tests.map((test) => test.path)
      .filter((test) => test.startsWith(`tests/${area}/`) && test.endsWith(name));
  }
}

const DECLARES_CODE = /^(?:export )?(?:abstract |async )*(?:function\*?|class) /m;
/** A line of a module comment, or several: "Tests: `a.ts`, `b.ts`." */
const NAMED = /^ \* Tests: ([^*\n]*(?:\n \* [^*\n]+)*)/m;

function namesIn(text: string): string[] {
  const line = NAMED.exec(text.slice(0, text.indexOf("*/")))?.[1] ?? "";
  return [...line.matchAll(/`([\w/]+\.ts)`/g)].map(([, name]) => name);
}

function isNamed(path: string, name: string): boolean {
  return path === name || path.endsWith(`/${name}`);
}

function isProduct(path: string): boolean {
  return PRODUCT.includes(path.split("/", 1)[0]);
}
