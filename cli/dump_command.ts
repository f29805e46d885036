/**
 * `streambed dump FILE...`: any file of a store in words.
 *
 * @module
 */
import { type Command, Option } from "npm:commander@15.1.0";
import { oneOf, PATH } from "../storage/arguments/mod.ts";
import { checked, checkedEach, wholeNumber } from "./arguments.ts";
import { CommandError, UsageError } from "./cli_error.ts";
import type { Context, GlobalOptions } from "./context.ts";
import {
  type ByteSource,
  dumpFile,
  type DumpOptions,
  FILE_KINDS,
  type FileKind,
  KIND_WORDS,
  openSource,
  recognise,
  surroundings,
} from "./dump/mod.ts";
import { lengthText, nameText } from "./text.ts";

interface Options extends GlobalOptions {
  readonly as?: FileKind;
  readonly deep?: boolean;
  readonly limit?: number;
  readonly position?: number;
  readonly indexSlots?: number;
  readonly indexEntries?: number;
}

export function addDump(program: Command, context: Context): void {
  program.command("dump")
    .description("show any file of a store in words: record by record, entry by entry")
    .argument("<file...>", "paths of the files", checkedEach("file", PATH))
    .addOption(
      new Option("--as <kind>", "what the file is, where nothing tells").choices(FILE_KINDS)
        .argParser(checked("--as", oneOf(FILE_KINDS))),
    )
    .option("--deep", "show bodies and properties too")
    .option("--limit <count>", "stop after this many lines of a file", wholeNumber("a limit", 1))
    .option("--position <n>", "where the file's first byte stands", wholeNumber("a position"))
    .option("--index-slots <n>", "hash slots of an index file", wholeNumber("a count", 1))
    .option("--index-entries <n>", "entries of an index file", wholeNumber("a count", 2))
    .action((files: readonly string[], _: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      if ((options.indexSlots === undefined) !== (options.indexEntries === undefined)) {
        throw new UsageError(
          "Cannot divide the index: say --index-slots and --index-entries, or neither",
        );
      }
      for (const file of files) dumpOne(context, file, options, files.length > 1);
    });
}

function dumpOne(context: Context, path: string, options: Options, several: boolean): void {
  const source = open(path);
  try {
    const kind = options.as ?? recognise(path, source);
    if (kind === undefined) {
      throw new CommandError(
        `Cannot dump ${JSON.stringify(path)}: nothing tells which file of a store it is; say --as`,
      );
    }
    const title = `${path}: ${KIND_WORDS[kind]}, ${lengthText(source.byteLength)}`;
    if (options.json !== true && several) context.output.line(context.colours.bold(nameText(path)));
    context.note(title, options);
    let count = 0;
    for (const line of dumpFile(kind, source, dumpOptions(path, kind, options))) {
      context.signal.throwIfAborted();
      if (options.json === true) context.output.json({ file: path, ...line.data });
      else context.output.line(line.text);
      if (++count === options.limit) break;
    }
  } finally {
    source.close();
  }
}

function open(path: string): ByteSource {
  try {
    return openSource(path);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === undefined) throw new CommandError(message);
    throw new CommandError(`Cannot open ${JSON.stringify(path)}: ${code}`, { cause: error });
  }
}

function dumpOptions(path: string, kind: FileKind, options: Options): DumpOptions {
  const around = surroundings(path, kind);
  const { indexSlots: slotCount, indexEntries: entryCount } = options;
  return {
    base: options.position ?? around.base,
    division: slotCount !== undefined && entryCount !== undefined
      ? { slotCount, entryCount }
      : around.division,
    deep: options.deep,
  };
}
