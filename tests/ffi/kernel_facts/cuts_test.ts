/**
 * The facts about power cuts, on the kernel that runs the tests: ext4 on a loop device is shut down
 * and mounted again.
 *
 * @module
 */
import { loadLibc } from "../../../ffi/mod.ts";
import { test } from "node:test";
import { CUT_FACTS, showCutFact } from "../../conformance/kernel_facts/cuts.ts";
import { CutDisk, whyNoPowerCuts } from "../../../harness/support/cut_disk.ts";
import { skipUnless } from "../../support/skip.ts";

const why = await whyNoPowerCuts();

for (const fact of CUT_FACTS) {
  test(fact.name, skipUnless(why === undefined, why ?? ""), async () => {
    await using disk = new CutDisk();
    const libc = await loadLibc();
    await showCutFact(fact, {
      libc,
      directory: disk.path,
      async cut() {
        disk.cut("lost");
        await disk.unmount();
        disk.mount();
      },
    });
  });
}
