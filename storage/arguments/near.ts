/**
 * Guesses the name that was meant by an unknown one.
 *
 * @module
 */

/** Names that other products use for our options. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  abort: ["signal"],
  abortSignal: ["signal"],
  acks: ["durability"],
  consumer: ["group"],
  count: ["limit"],
  fsync: ["durability"],
  headers: ["properties"],
  max: ["limit"],
  offset: ["from"],
  partition: ["queueId", "queueIds"],
  partitions: ["queueIds"],
  queue: ["queueId", "queueIds"],
  queueId: ["queueIds"],
  start: ["from"],
  sync: ["durability"],
  tail: ["follow"],
  take: ["limit"],
  wait: ["follow"],
};

/** The shortest common prefix that counts. */
const PREFIX_LENGTH_MIN = 4;
const PREFIX_SHARE = 0.6;

/** The nearest of `names`; `undefined` if none is near. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const other = Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : [];
  const small = name.toLowerCase();
  const editsMost = Math.max(1, Math.floor(name.length / 3));
  const prefixLeast = Math.max(PREFIX_LENGTH_MIN, Math.ceil(name.length * PREFIX_SHARE));
  return other.find((one) => names.includes(one)) ??
    least(names, editsMost, (one) => editCount(small, one.toLowerCase())) ??
    least(names, -prefixLeast, (one) => -prefixLength(small, one.toLowerCase()));
}

/** The first of the names with the least distance, if that is `most` or less. */
function least(
  names: readonly string[],
  most: number,
  distanceOf: (name: string) => number,
): string | undefined {
  const distances = names.map(distanceOf);
  const best = Math.min(...distances);
  return best <= most ? names[distances.indexOf(best)] : undefined;
}

function prefixLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}

/** Letters to insert, remove, replace or swap with their neighbour. */
function editCount(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] &&
        one[row - 2] === other[column - 1];
      next[column] = Math.min(
        last[column] + 1,
        next[column - 1] + 1,
        last[column - 1] + (isSame ? 0 : 1),
        isSwapped ? before[column - 2] + 1 : Infinity,
      );
    }
    [before, last] = [last, next];
  }
  return last[other.length];
}
