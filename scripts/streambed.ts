#!/usr/bin/env -S deno run -A
/**
 * The command line over a store directory. `streambed --help` lists the commands.
 *
 * @module
 */
import process from "node:process";
import { runProgram } from "./cli/program.ts";

if (import.meta.main) process.exit(await runProgram(process.argv.slice(2)));
