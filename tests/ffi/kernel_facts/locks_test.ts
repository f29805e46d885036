/**
 * The facts about record locks, on the kernel that runs the tests.
 *
 * Tests: `linux_abi.ts`.
 *
 * @module
 */
import { LOCK_FACTS } from "../../conformance/kernel_facts/locks.ts";
import { runFactsAlone } from "./run_facts.ts";

await runFactsAlone("locks", LOCK_FACTS);
