/**
 * Mapped memory as this runtime gives it.
 *
 * Tests: `process_memory.ts`.
 *
 * @module
 */
import { loadLibc } from "../../ffi/mod.ts";
import { mappingSuite } from "../conformance/mapping_suite.ts";

mappingSuite({ label: "as the runtime gives it", libc: await loadLibc() });
