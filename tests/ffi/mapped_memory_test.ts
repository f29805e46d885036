/**
 * Mapped memory as this runtime gives it.
 *
 * @module
 */
import { loadLibc } from "../../ffi/mod.ts";
import { mappingSuite } from "../conformance/mapping_suite.ts";

mappingSuite({ label: "as the runtime gives it", libc: await loadLibc() });
