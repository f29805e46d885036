/**
 * `streambed backup FILE` and `streambed restore FILE DIR`: log, topics and groups in one file, and
 * a store of it.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { type BackupManifest, readBackupManifest, restoreBackup } from "../storage/backup/mod.ts";
import { PATH } from "../storage/arguments/mod.ts";
import { checked } from "./arguments.ts";
import type { Context, GlobalOptions } from "./context.ts";
import { withReader } from "./open_store.ts";
import { lengthText, nameText } from "./text.ts";

export function addBackup(program: Command, context: Context): void {
  program.command("backup")
    .description(
      "copy the flushed log, topics and groups into one new file, also while it is written",
    )
    .argument("<file>", "path of the new file", checked("file", PATH))
    .action((file: string, _: unknown, command: Command) =>
      backup(context, file, command.optsWithGlobals<GlobalOptions>())
    );
  program.command("restore")
    .description("make a store of a backup; this writes a new directory")
    .argument("<file>", "path of the backup", checked("file", PATH))
    .argument(
      "<directory>",
      "path of the new store: empty, or not there yet",
      checked("directory", PATH),
    )
    .action((file: string, directory: string, _: unknown, command: Command) =>
      restore(context, file, directory, command.optsWithGlobals<GlobalOptions>())
    );
}

async function backup(context: Context, file: string, options: GlobalOptions): Promise<void> {
  const { byteLength } = await withReader(
    context,
    options,
    (store) =>
      context.working(
        "backup",
        options,
        ({ signal, onProgress }) => store.backup(file, { signal, onProgress }),
      ),
  );
  const manifest = readBackupManifest(await context.environment(), file);
  const { files, leftOut } = manifest;
  if (options.json === true) {
    const paths = files.map(({ path }) => path);
    return context.output.json({ file, byteLength, files: paths, leftOut });
  }
  context.note(`${lengthText(byteLength)} of log are in ${nameText(file)}`, options);
  noteBeside(context, manifest, options);
}

/** Says what a backup holds beside the log, and what it does not. */
function noteBeside(
  context: Context,
  { files, leftOut }: BackupManifest,
  options: GlobalOptions,
): void {
  const names = (paths: readonly string[]) => paths.map((path) => nameText(path)).join(", ");
  const carried = names(files.map(({ path }) => path));
  context.note(`beside it: ${carried === "" ? "nothing" : carried}`, options);
  if (leftOut.length > 0) context.note(`not in it: ${names(leftOut)}`, options);
  context.note("queues and index are made anew from the log", options);
}

async function restore(
  context: Context,
  file: string,
  directory: string,
  options: GlobalOptions,
): Promise<void> {
  const environment = await context.environment();
  const manifest = await context.working(
    "restore",
    options,
    (work) => restoreBackup(environment, file, directory, work),
  );
  const { from, to, storeId, files, leftOut } = manifest;
  if (options.json === true) {
    const paths = files.map(({ path }) => path);
    context.output.json({ directory, from, to, storeId, files: paths, leftOut });
    return;
  }
  context.note(`${lengthText(to - from)} of log are in ${nameText(directory)}`, options);
  noteBeside(context, manifest, options);
}
