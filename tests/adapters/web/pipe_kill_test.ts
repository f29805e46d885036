/**
 * A pipe of Web Streams that is killed.
 *
 * @module
 */
import { testKilledPipe } from "../../conformance/pipe_kill_suite.ts";

testKilledPipe("web", "tests/adapters/web/pipe_child.ts");
