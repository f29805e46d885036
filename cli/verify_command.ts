/**
 * `streambed verify`: every record, entry and chain against each other. It never writes.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import {
  type LogTail,
  type VerifyFinding,
  type VerifyReport,
  verifyStore,
} from "../storage/verify/mod.ts";
import { EXIT_DAMAGE } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { inCommandWords } from "./failure_text.ts";
import { addDivisionOptions, divisionOf, type DivisionOptions } from "./index_division.ts";
import { fold, type Folded } from "./fold.ts";
import { refuseNoStore } from "./open_store.ts";
import { countText, lengthText, printable, timeText } from "./text.ts";

export function addVerify(program: Command, context: Context): void {
  const command = program.command("verify")
    .description(
      "compare every record, queue entry and index chain: sound, repairable, torn, doubtful, or " +
        "damaged, which exits 3",
    );
  addDivisionOptions(command).action(async (options: DivisionOptions) => {
    const report = await verify(context, divisionOf(options));
    context.result(report, () => printReport(context, report));
    if (report.verdict === "damaged") context.exitCode = EXIT_DAMAGE;
  });
}

/** Verifies the store of a command under a bar. */
export async function verify(
  context: Context,
  indexDivision?: ReturnType<typeof divisionOf>,
): Promise<VerifyReport> {
  refuseNoStore(context);
  const environment = await context.environment();
  return await context.working(
    "verify",
    (work) => verifyStore(environment, context.directory, { ...work, indexDivision }),
  );
}

function printReport({ output, colours }: Context, report: VerifyReport): void {
  const { log, queues, index } = report;
  for (
    const folded of fold(report.findings, ({ severity, area, text }) => severity + area + text)
  ) {
    output.line(findingText(folded, colours));
  }
  const listed = report.findings.length;
  const all = report.damageCount + report.noteCount;
  if (all > listed) output.line(`and ${all - listed} more`);
  if (all > 0) output.line("");
  const span = log.recordCount === 0
    ? ""
    : `, stored ${timeText(log.earliestTimestamp)} to ${timeText(log.latestTimestamp)}`;
  const half = log.halfCount === 0 ? "" : `, ${log.halfCount} of them prepared or rolled back,`;
  output.line(
    `log: ${countText(log.recordCount, "message")}${half} from ${log.from} to ${log.to} in ` +
      `${countText(log.segmentCount, "segment")} of ${lengthText(log.segmentByteLength)}${span}`,
  );
  output.line(`end: ${tailText(report.tail)}`);
  output.line(
    `queues: ${queues.queueCount}, ${countText(queues.entryCount, "entry", "entries")} right, ` +
      `${queues.missingCount} missing, ${queues.wrongCount} wrong`,
  );
  output.line(
    `index: ${countText(index.fileCount, "file")}, ${countText(index.keyCount, "key")} found, ` +
      `${index.missingCount} missing`,
  );
  const mark = `mark ${report.mark ?? "none"}`;
  const state = report.live ? "a writer is at work" : report.closed ? "closed" : "not closed";
  output.line(`state: ${state}, ${mark}`);
  output.line(verdictText(report, colours));
}

function findingText(folded: Folded<VerifyFinding>, colours: Context["colours"]): string {
  const [{ severity, area, text, path, position }] = folded;
  const word = severity === "damage" ? colours.red("damage") : colours.yellow("note");
  const where = [path, position === undefined ? undefined : `position ${position}`]
    .filter((part) => part !== undefined);
  const place = where.length === 0 ? area : where.join(", ");
  return `${word}: ${manyText(folded)}${printable(place)}: ${printable(inCommandWords(text))}`;
}

function manyText(folded: Folded<VerifyFinding>): string {
  if (folded.length === 1) return "";
  const isEachAFile = new Set(folded.map(({ path }) => path)).size === folded.length;
  return `${folded.length} ${isEachAFile ? "files" : "places"}, first `;
}

function tailText(tail: LogTail): string {
  switch (tail.kind) {
    case "clean":
      return `clean, nothing follows position ${tail.position}`;
    case "live":
      return `read up to position ${tail.position}, where the writer is`;
    case "damaged":
      return `damaged at position ${tail.position} (${tail.reason})`;
    case "torn": {
      const lost = tail.recordCount === 0
        ? ""
        : `, with ${countText(tail.recordCount, "whole message")} in it`;
      return `torn at position ${tail.position} (${tail.reason}): the next writer cuts ` +
        `${countText(tail.byteLength, "byte")} that a crash left${lost}`;
    }
  }
}

/** What to do about damage of the log; other damage says so itself. */
function nextStep({ findings }: VerifyReport): string {
  const isOfLog = findings.some(({ severity, area }) => severity === "damage" && area === "log");
  return isOfLog ? "; restore a backup, or rescue what can be read with streambed salvage" : "";
}

function verdictText(report: VerifyReport, colours: Context["colours"]): string {
  switch (report.verdict) {
    case "sound":
      return colours.green("sound");
    case "repairable":
      return colours.yellow(
        "repairable: the log is sound, and rebuild makes anew what is derived from it; where it " +
          "is missing, so does the next writer",
      );
    case "torn":
      return colours.green("sound, with a torn tail");
    case "doubtful":
      return colours.yellow(
        "doubtful: each record is whole, and their offsets contradict each other",
      );
    case "damaged":
      return colours.red(`damaged: ${countText(report.damageCount, "finding")}${nextStep(report)}`);
  }
}
