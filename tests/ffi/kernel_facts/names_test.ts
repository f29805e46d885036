/**
 * The facts about names, on the kernel that runs the tests.
 *
 * Tests: `ffi/directory.ts`, `path_calls.ts`, `file_status.ts`.
 *
 * @module
 */
import { NAME_FACTS } from "../../conformance/kernel_facts/names.ts";
import { runFacts } from "./run_facts.ts";

await runFacts(NAME_FACTS);
