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
import { addExport } from "./export_command.ts";
import { addFind } from "./find_command.ts";
import { addGet } from "./get_command.ts";
import { addGroups } from "./groups_command.ts";
import { addList } from "./ls_command.ts";
import { addMetrics } from "./metrics_command.ts";
import { addRebuild } from "./rebuild_command.ts";
import { addSentBack } from "./sent_back_commands.ts";
import { addSalvage } from "./salvage_command.ts";
import { addVerify } from "./verify_command.ts";

/** Adds a command, or two that belong together. */
type AddCommand = (program: Command, context: Context) => void;

/** In the order of `--help`. */
export const COMMANDS: readonly AddCommand[] = [
  addAppend,
  addCat,
  addGet,
  addFind,
  addExport,
  addList,
  addGroups,
  addMetrics,
  addSentBack,
  addVerify,
  addDump,
  addRebuild,
  addSalvage,
  addBackup,
  addBench,
  addDoctor,
];
