/**
 * `streambed salvage TARGET`: an explicit, listed rescue of a damaged log into a new directory.
 *
 * @module
 */
import { readdirSync } from "node:fs";
import type { Command } from "npm:commander@15.1.0";
import { quotePath } from "../ffi/mod.ts";
import { PATH } from "../storage/arguments/mod.ts";
import { openStore } from "../storage/mod.ts";
import { checked } from "./arguments.ts";
import { CommandError, EXIT_DAMAGE } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { kindOf } from "./files.ts";
import { refuseNoStore } from "./open_store.ts";
import { salvageStore } from "./salvage.ts";
import { hasLost, printReport, type SalvageReport } from "./salvage_report.ts";
import { refuseInStore } from "./store_places.ts";

export function addSalvage(program: Command, context: Context): void {
  program.command("salvage")
    .description(
      "append every good message of a damaged log to a new store, and list what was skipped, or " +
        "is unproven; offsets, positions and store times are new, the progress of groups is not " +
        "carried over",
    )
    .argument(
      "<target>",
      "path of the new store: empty, or not there yet; this writes it",
      checked("target", PATH),
    )
    .action(async (target: string) => {
      const report = await salvage(context, target);
      context.result(report, () => printReport(context, report, target));
      if (hasLost(report)) context.exitCode = EXIT_DAMAGE;
    });
}

async function salvage(context: Context, target: string): Promise<SalvageReport> {
  refuseNoStore(context);
  const environment = await context.environment();
  refuseInStore(environment.libc, "salvage to", target);
  const kind = kindOf(target);
  const state = kind === "other"
    ? "it is not a directory"
    : kind === "directory" && readdirSync(target).length > 0
    ? "it is not empty"
    : undefined;
  if (state !== undefined) {
    throw new CommandError(
      `Cannot salvage to ${quotePath(target)}: ${state}; name a new directory`,
    );
  }
  const { trustDirectory } = context.options;
  return await context.working("salvage", (work) =>
    salvageStore(environment, context.directory, {
      ...work,
      open: (geometry) => openStore(target, { geometry, durability: "committed", trustDirectory }),
    }));
}
