/**
 * The releases of RocketMQ that a long test runs with.
 *
 * @module
 */
import { env } from "node:process";

/** All that are supported. */
const RELEASES = ["5.3.3", "5.5.0"] as const;

/** The newest; all of them under `deno task interop`, which says `STREAMBED_RELEASES=all`. */
export const LONG_TEST_RELEASES: readonly (typeof RELEASES)[number][] =
  env.STREAMBED_RELEASES === "all" ? RELEASES : RELEASES.slice(-1);
