/**
 * The version, which is written in one place: the configuration of the package.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

export const VERSION: string = config.version;
