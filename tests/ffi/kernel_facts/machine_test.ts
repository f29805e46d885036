/**
 * The facts about the machine, on the kernel that runs the tests.
 *
 * @module
 */
import { MACHINE_FACTS } from "../../conformance/kernel_facts/machine.ts";
import { runFacts } from "./run_facts.ts";

await runFacts(MACHINE_FACTS);
