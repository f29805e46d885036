/**
 * The facts about full disks and mounts, on the kernel that runs the tests.
 *
 * @module
 */
import { MOUNT_FACTS } from "../../conformance/kernel_facts/mounted.ts";
import { runFacts } from "./run_facts.ts";

await runFacts(MOUNT_FACTS);
