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
import { fold } from "./fold.ts";
import { kindOf } from "./files.ts";
import { refuseNoStore } from "./open_store.ts";
import { type SalvageReport, salvageStore } from "./salvage.ts";
import { refuseInStore } from "./store_places.ts";
import { countText, nameText } from "./text.ts";

export function addSalvage(program: Command, context: Context): void {
  program.command("salvage")
    .description(
      "append every good message of a damaged log to a new store, and list what was skipped; " +
        "offsets, positions and store times are new, the progress of groups is not carried over",
    )
    .argument(
      "<target>",
      "path of the new store: empty, or not there yet; this writes it",
      checked("target", PATH),
    )
    .action(async (target: string) => {
      const report = await salvage(context, target);
      context.result(report, () => printReport(context, report, target));
      if (report.skipped.length > 0) context.exitCode = EXIT_DAMAGE;
    });
}

async function salvage(context: Context, target: string): Promise<SalvageReport> {
  refuseNoStore(context);
  refuseInStore("salvage to", target);
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
  const environment = await context.environment();
  const { trustDirectory } = context.options;
  return await context.working("salvage", (work) =>
    salvageStore(environment, context.directory, {
      ...work,
      open: (geometry) => openStore(target, { geometry, durability: "committed", trustDirectory }),
    }));
}

function printReport({ output }: Context, report: SalvageReport, target: string): void {
  for (const folded of fold(report.skipped, ({ why }) => why)) {
    const [{ from, to, why }] = folded;
    const many = folded.length === 1 ? "" : `${folded.length} places, first `;
    output.line(
      `skipped ${many}positions ${from} to ${to}, ${countText(to - from, "byte")}: ${why}`,
    );
  }
  for (const [why, count] of Object.entries(report.leftOut)) {
    output.line(`left out ${countText(count, "message")}: ${why}`);
  }
  for (const [name, count] of Object.entries(report.droppedProperties)) {
    output.line(
      `took property ${nameText(name)} from ${countText(count, "message")}: it is reserved`,
    );
  }
  output.line(`rescued ${countText(report.messageCount, "message")} into ${nameText(target)}`);
}
