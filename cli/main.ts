#!/usr/bin/env -S deno run -A
/**
 * The command line as a program. `streambed --help` lists the commands.
 *
 * @module
 */
import process from "node:process";
import { runCli } from "./program.ts";

process.exit(await runCli(process.argv.slice(2)));
