/**
 * The facts about files, on the kernel that runs the tests.
 *
 * Tests: `file_calls.ts`, `file_status.ts`.
 *
 * @module
 */
import { FILE_FACTS } from "../../conformance/kernel_facts/files.ts";
import { runFacts } from "./run_facts.ts";

await runFacts(FILE_FACTS);
