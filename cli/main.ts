#!/usr/bin/env -S deno run -A
/**
 * The command line as a program. `streambed --help` lists the commands.
 *
 * @module
 */
import process from "node:process";
import { run } from "./program.ts";

process.exit(await run(process.argv.slice(2)));
