/**
 * Plants bugs, one after the other, and checks that each is found.
 *
 * @module
 */
import { checkMutant } from "../../harness/simulation/mutants/check_mutant.ts";
import { STORE_MUTANTS } from "../../harness/simulation/mutants/store_mutants.ts";

/**
 * Checks planted bugs.
 *
 * @param names Which; all if it is empty.
 * @param jobs How many at a time.
 * @returns 0 if every one is found, else 1.
 */
export async function runMutants(names: readonly string[], jobs: number): Promise<number> {
  const left = STORE_MUTANTS.filter(({ name }) => names.length === 0 || names.includes(name));
  const total = left.length;
  const started = performance.now();
  let caughtCount = 0;
  const work = async () => {
    for (let mutant = left.shift(); mutant !== undefined; mutant = left.shift()) {
      const { isCaught, told } = await checkMutant(mutant);
      if (isCaught) caughtCount++;
      const how = `sim ${mutant.explorer.join(" ")}`;
      console.log(`${isCaught ? "caught" : "ALIVE "} ${mutant.name} by ${how}: ${told}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${caughtCount} of ${total} planted bugs caught, ${seconds} s`);
  return caughtCount === total ? 0 : 1;
}
