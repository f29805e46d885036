/**
 * The facts about inotify, on the kernel that runs the tests.
 *
 * @module
 */
import { NOTICE_FACTS } from "../../conformance/kernel_facts/notices.ts";
import { runFacts } from "./run_facts.ts";

await runFacts(NOTICE_FACTS);
