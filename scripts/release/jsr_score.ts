/**
 * What JSR will score, as far as it can be known before publishing.
 *
 * The points are those of JSR's own list. Two of its items are not in the source: provenance comes
 * with the release workflow, and which runtimes are supported is set where the package is managed.
 *
 * @module
 */

/** One item of JSR's list. */
export interface ScoreItem {
  /** What is wanted. */
  readonly title: string;
  /** Points that the source earns. */
  readonly points: number;
  /** Points to be had. */
  readonly most: number;
  /** What is missing, if anything. */
  readonly missing?: string;
}

/** A module as `deno doc --json` tells of it. */
export interface DocumentedModule {
  /** Its head. */
  readonly module_doc?: { readonly doc?: string; readonly tags?: readonly DocTag[] };
  /** What it exports. */
  readonly symbols: readonly {
    readonly name: string;
    readonly declarations: readonly { readonly jsDoc?: { readonly doc?: string } }[];
  }[];
}

interface DocTag {
  readonly kind: string;
  readonly doc?: string;
}

/** What the score is made of. */
export interface ScoreFacts {
  /** Text of README.md. */
  readonly readme: string;
  /** Description in deno.json. */
  readonly description: string;
  /** The modules that users import. */
  readonly modules: Readonly<Record<string, DocumentedModule>>;
  /**
   * Whether `deno publish` takes it, which it does not where it had to infer a type that is
   * exported.
   */
  readonly isPublishable: boolean;
}

const DESCRIPTION_LENGTH_MAX = 250;
const SYMBOL_SHARE = 0.8;
const SYMBOL_POINTS = 5;
const EXAMPLE = /^```\w/m;

/**
 * Scores the source.
 *
 * @param facts What is known.
 * @returns The items, in the order of JSR's list.
 */
export function jsrScore(facts: ScoreFacts): ScoreItem[] {
  const modules = Object.entries(facts.modules);
  const undocumented = modules.filter(([, module]) => !module.module_doc?.doc);
  const noExample = modules.filter(([, { module_doc: head }]) => {
    return !head?.tags?.some(({ kind, doc }) => kind === "example" && EXAMPLE.test(doc ?? ""));
  });
  const { description } = facts;
  const isDescribed = description.length > 0 && description.length <= DESCRIPTION_LENGTH_MAX;
  return [
    item("a README", 2, facts.readme.trim() !== "", "README.md is empty"),
    item("an example in it and in every module", 1, ...all(noExample, EXAMPLE.test(facts.readme))),
    item("a head that says what it is in every module", 1, ...all(undocumented)),
    documentedSymbols(modules),
    item("no slow types", 5, facts.isPublishable, "deno publish refuses the source"),
    item("a description", 1, isDescribed, `1 to ${DESCRIPTION_LENGTH_MAX} characters are wanted`),
  ];
}

function item(title: string, most: number, isMet: boolean, missing: string): ScoreItem {
  return isMet ? { title, points: most, most } : { title, points: 0, most, missing };
}

function all(
  without: readonly (readonly [string, unknown])[],
  isMetElsewhere = true,
): [boolean, string] {
  const names = without.map(([name]) => name);
  return [isMetElsewhere && names.length === 0, `there is none in ${names.join(", ") || "README"}`];
}

/**
 * JSR counts a symbol as documented if one of its declarations is, and gives all points from 80 %
 * on.
 */
function documentedSymbols(modules: readonly (readonly [string, DocumentedModule])[]): ScoreItem {
  const symbols = modules.flatMap(([, module]) => module.symbols);
  const bare = symbols.filter(({ declarations }) => {
    return !declarations.some(({ jsDoc }) => jsDoc?.doc !== undefined && jsDoc.doc !== "");
  });
  const share = symbols.length === 0 ? 0 : 1 - bare.length / symbols.length;
  const points = Math.min(SYMBOL_POINTS, Math.floor(share / SYMBOL_SHARE * SYMBOL_POINTS));
  const title = `documented symbols: ${symbols.length - bare.length} of ${symbols.length}`;
  if (bare.length === 0 && points === SYMBOL_POINTS) return { title, points, most: SYMBOL_POINTS };
  const missing = `no documentation of ${bare.map(({ name }) => name).join(", ")}`;
  return { title, points, most: SYMBOL_POINTS, missing };
}
