/**
 * A pipe of streams of `node:stream` that is killed.
 *
 * @module
 */
import { testKilledPipe } from "../../conformance/pipe_kill_suite.ts";

testKilledPipe("node", "tests/adapters/node/pipe_child.ts");
