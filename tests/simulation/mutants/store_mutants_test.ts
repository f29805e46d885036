/**
 * Every bug that is planted under the store, or in it, is found. An explorer that does not find
 * them proves nothing.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { checkMutant } from "../../../harness/simulation/mutants/check_mutant.ts";
import { STORE_MUTANTS } from "../../../harness/simulation/mutants/store_mutants.ts";

for (const mutant of STORE_MUTANTS) {
  test(`sim ${mutant.explorer.join(" ")} finds ${mutant.name}`, async () => {
    const { isCaught, told } = await checkMutant(mutant);
    assert.ok(isCaught, `${mutant.name} should break ${mutant.kinds.join(" or ")}: ${told}`);
  });
}
