/**
 * What somebody else can do to a segment of an open store, and what must come of it.
 *
 * @module
 */

/** Which segment it is done to: one that is full, or the one that is written to. */
export const TARGETS = ["sealed", "active"] as const;
/** How records reach the file. */
export const PATHS = ["staged", "mapped"] as const;
/** What keeps reads from it: see `StoreInfo.guard`. */
export const TIERS = ["lease", "sigbus", "mapping", "pread"] as const;
/**
 * What is done: the file opened for writing and made shorter; cut by `open(O_RDONLY | O_TRUNC)`,
 * which breaks no lease; another file renamed over it; its name taken away; other bytes written
 * into it.
 */
export const METHODS = ["shorten", "hole", "replace", "unlink", "overwrite"] as const;

/** One of {@linkcode TARGETS}. */
export type Target = typeof TARGETS[number];
/** One of {@linkcode PATHS}. */
export type Path = typeof PATHS[number];
/** One of {@linkcode TIERS}. */
export type Tier = typeof TIERS[number];
/** One of {@linkcode METHODS}. */
export type Method = typeof METHODS[number];

/** One combination. */
export interface Cell {
  /** Which segment. */
  readonly target: Target;
  /** The write path of the store. */
  readonly path: Path;
  /** Its guard. */
  readonly tier: Tier;
  /** What is done. */
  readonly method: Method;
}

/** All combinations; the method changes first. */
export const CELLS: readonly Cell[] = TIERS.flatMap((tier) =>
  TARGETS.flatMap((target) =>
    PATHS.flatMap((path) => METHODS.map((method) => ({ target, path, tier, method })))
  )
);

/**
 * Whether a process may die of it. Only what makes a file shorter kills, and only who has it
 * mapped: the active segment has no lease, a mapped writer stores into it whatever the guard is,
 * and `O_RDONLY | O_TRUNC` goes round a lease.
 *
 * @param cell The combination.
 * @returns Whether it is one of those that are known to kill.
 */
export function mayDie({ target, path, tier, method }: Cell): boolean {
  if (method !== "shorten" && method !== "hole") return false;
  // Its handler is asked whatever is mapped, and however it was cut.
  if (tier === "sigbus") return false;
  if (tier === "mapping") return true;
  if (target === "active" && path === "mapped") return true;
  return tier === "lease" && (target === "active" || method === "hole");
}

/**
 * Whether the writer must refuse the next append: what it says is committed would not be found
 * under the segment's name.
 *
 * @param cell The combination.
 * @returns Whether it must.
 */
export function mustRefuse({ target, method }: Cell): boolean {
  if (method === "replace" || method === "unlink") return true;
  return target === "active" && method !== "overwrite";
}

/**
 * Whether somebody who reads must meet an error, or be told by a note. Where only a name was taken
 * he reads on in the file that he has open.
 *
 * @param cell The combination.
 * @returns Whether he must.
 */
export function mustShow({ method }: Cell): boolean {
  return method !== "replace" && method !== "unlink";
}
