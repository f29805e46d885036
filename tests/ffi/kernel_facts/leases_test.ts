/**
 * The facts about leases, on the kernel that runs the tests.
 *
 * @module
 */
import { LEASE_FACTS } from "../../conformance/kernel_facts/leases.ts";
import { runFactsAlone } from "./run_facts.ts";

await runFactsAlone("leases", LEASE_FACTS);
