/**
 * The facts about the page cache, on the kernel that runs the tests.
 *
 * @module
 */
import { PAGE_CACHE_FACTS } from "../../conformance/kernel_facts/page_cache.ts";
import { runFacts } from "./run_facts.ts";

await runFacts(PAGE_CACHE_FACTS);
