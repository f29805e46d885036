/**
 * All commands.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { addAppend } from "./append_command.ts";
import { addBench } from "./bench_command.ts";
import { addBackup } from "./backup_command.ts";
import { addCat } from "./cat_command.ts";
import type { Context } from "./context.ts";
import { addDoctor } from "./doctor_command.ts";
import { addDump } from "./dump_command.ts";
import { addGet } from "./get_command.ts";
import { addGroups } from "./groups_command.ts";
import { addList } from "./ls_command.ts";
import { addRebuild } from "./rebuild_command.ts";
import { addSalvage } from "./salvage_command.ts";
import { addVerify } from "./verify_command.ts";

/** Adds all commands; `exitWith` is called by one that ends well but found something. */
export function addCommands(
  program: Command,
  context: Context,
  exitWith: (code: number) => void,
): void {
  addAppend(program, context);
  addCat(program, context);
  addGet(program, context);
  addList(program, context);
  addGroups(program, context);
  addVerify(program, context, exitWith);
  addDump(program, context);
  addRebuild(program, context, exitWith);
  addSalvage(program, context, exitWith);
  addBackup(program, context);
  addBench(program, context);
  addDoctor(program, context, exitWith);
}
