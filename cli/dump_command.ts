/**
 * `streambed dump FILE...`: any file of a store in words.
 *
 * @module
 */
import { type Command, Option } from "npm:commander@15.1.0";
import { oneOf, PATH } from "../storage/arguments/mod.ts";
import { checked, checkedEach, wholeNumber } from "./arguments.ts";
import { CommandError, UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import {
  type DumpOptions,
  FILE_KINDS,
  type FileKind,
  KINDS,
  openSource,
  recognise,
  surroundings,
} from "./dump/mod.ts";
import { addDivisionOptions, divisionOf, type DivisionOptions } from "./index_division.ts";
import { lengthText, nameText } from "./text.ts";

interface Options extends DivisionOptions {
  readonly as?: FileKind;
  readonly deep?: boolean;
  readonly limit?: number;
  readonly position?: number;
}

export function addDump(program: Command, context: Context): void {
  const dump = program.command("dump")
    .description("show any file of a store in words: record by record, entry by entry")
    .argument("<file...>", "paths of the files", checkedEach("file", PATH))
    .addOption(
      new Option("--as <kind>", "what the file is, where nothing tells").choices(FILE_KINDS)
        .argParser(checked("--as", oneOf(FILE_KINDS))),
    )
    .option("--deep", "show bodies and properties too")
    .option("--limit <count>", "stop after this many lines of a file", wholeNumber("a limit", 1))
    .option("--position <n>", "where the file's first byte stands", wholeNumber("a position"));
  addDivisionOptions(dump).action((files: readonly string[], options: Options) => {
    // First: a wrong division should not open anything.
    const division = divisionOf(options);
    if (options.position !== undefined && files.length > 1) {
      throw new UsageError(
        "Cannot dump several files with --position: each begins elsewhere; dump one",
      );
    }
    for (const file of files) dumpOne(context, file, { ...options, division }, files.length > 1);
  });
}

function dumpOne(
  context: Context,
  path: string,
  { as, deep, limit, position, division }: Options & Pick<DumpOptions, "division">,
  several: boolean,
): void {
  const source = openSource(path);
  try {
    const kind = as ?? recognise(path, source);
    if (kind === undefined) {
      throw new CommandError(
        `Cannot dump ${JSON.stringify(path)}: nothing tells which file of a store it is; say --as`,
      );
    }
    const { json } = context.options;
    if (json !== true && several) context.output.line(context.colours.bold(nameText(path)));
    context.note(`${path}: ${KINDS[kind].words}, ${lengthText(source.byteLength)}`);
    const around = surroundings(path, kind);
    const how = { base: position ?? around.base, division: division ?? around.division, deep };
    let count = 0;
    for (const line of KINDS[kind].dump(source, how)) {
      context.signal.throwIfAborted();
      if (json === true) context.output.json({ file: path, ...line.data });
      else context.output.line(line.text);
      if (++count === limit) break;
    }
  } finally {
    source.close();
  }
}
