/**
 * `streambed backup FILE` and `streambed restore FILE DIR`: the log in one file, and a store of it.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { restoreBackup } from "../storage/backup/mod.ts";
import type { Context, GlobalOptions } from "./context.ts";
import { withReader } from "./open_store.ts";
import { lengthText, nameText } from "./text.ts";

/**
 * Adds both commands.
 *
 * @param program The program.
 * @param context What every command works with.
 */
export function addBackup(program: Command, context: Context): void {
  program.command("backup")
    .description("copy the log, as it is flushed, into one new file; also while it is written")
    .argument("<file>", "path of the new file")
    .action((file: string, _: unknown, command: Command) =>
      backup(context, file, command.optsWithGlobals<GlobalOptions>())
    );
  program.command("restore")
    .description("make a store of a backup; this writes a new directory")
    .argument("<file>", "path of the backup")
    .argument("<directory>", "path of the new store: empty, or not there yet")
    .action((file: string, directory: string, _: unknown, command: Command) =>
      restore(context, file, directory, command.optsWithGlobals<GlobalOptions>())
    );
}

async function backup(context: Context, file: string, options: GlobalOptions): Promise<void> {
  const byteLength = await withReader(context, options, async (store) => {
    const progress = context.progress("backup", options);
    try {
      return await store.backup(file, {
        signal: context.signal,
        onProgress: ({ doneByteLength, totalByteLength }) =>
          progress.update(doneByteLength, totalByteLength),
      });
    } finally {
      progress.stop();
    }
  });
  if (options.json === true) context.output.json({ file, byteLength });
  else context.note(`${lengthText(byteLength)} of log are in ${nameText(file)}`, options);
}

async function restore(
  context: Context,
  file: string,
  directory: string,
  options: GlobalOptions,
): Promise<void> {
  const progress = context.progress("restore", options);
  try {
    const manifest = await restoreBackup(await context.environment(), file, directory, {
      signal: context.signal,
      trustDirectory: options.trustDirectory,
      onProgress: ({ doneByteLength, totalByteLength }) =>
        progress.update(doneByteLength, totalByteLength),
    });
    progress.stop();
    const { from, to, storeId } = manifest;
    if (options.json === true) context.output.json({ directory, from, to, storeId });
    else {
      const length = lengthText(to - from);
      context.note(
        `${length} of log are in ${nameText(directory)}; the first writer makes queues and index`,
        options,
      );
    }
  } finally {
    progress.stop();
  }
}
