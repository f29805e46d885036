/**
 * The facts about links and FIFOs, on the kernel that runs the tests.
 *
 * @module
 */
import { LINK_FACTS } from "../../conformance/kernel_facts/links.ts";
import { runFacts } from "./run_facts.ts";

await runFacts(LINK_FACTS);
