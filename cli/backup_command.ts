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
import type { Context } from "./context.ts";
import { assumedText } from "./doctor/mod.ts";
import { refuseNoStore, withReader } from "./open_store.ts";
import { libcToOpen, refuseInStore } from "./store_places.ts";
import { lengthText, nameText } from "./text.ts";

export function addBackup(program: Command, context: Context): void {
  program.command("backup")
    .description(
      "copy the flushed log, topics and groups into one new file, also while it is written",
    )
    .argument("<file>", "path of the new file", checked("file", PATH))
    .action((file: string) => backup(context, file));
  program.command("restore")
    .description("make a store of a backup; this writes a new directory")
    .argument("<file>", "path of the backup", checked("file", PATH))
    .argument(
      "<directory>",
      "path of the new store: empty, or not there yet",
      checked("directory", PATH),
    )
    .action((file: string, directory: string) => restore(context, file, directory));
}

async function backup(context: Context, file: string): Promise<void> {
  refuseNoStore(context);
  refuseInStore(await libcToOpen(context, { write: false }), "back up to", file);
  const { byteLength } = await withReader(
    context,
    (store) =>
      context.working(
        "backup",
        ({ signal, onProgress }) => store.backup(file, { signal, onProgress }),
      ),
  );
  const manifest = readBackupManifest(await context.environment(), file);
  report(context, manifest, { file, byteLength }, { path: file, byteLength });
}

async function restore(context: Context, file: string, directory: string): Promise<void> {
  const environment = await context.environment();
  refuseInStore(environment.libc, "restore to", directory);
  const manifest = await context.working(
    "restore",
    (work) => restoreBackup(environment, file, directory, work),
  );
  const { from, to, storeId } = manifest;
  const what = { directory, from, to, storeId };
  report(context, manifest, what, { path: directory, byteLength: to - from });
}

/** Tells how much log is where, what is beside it, and what is not. */
function report(
  context: Context,
  { files, leftOut, geometry, assumed }: BackupManifest,
  what: Readonly<Record<string, unknown>>,
  { path, byteLength }: { readonly path: string; readonly byteLength: number },
): void {
  const paths = files.map(({ path }) => path);
  context.result({ ...what, files: paths, leftOut, geometry, assumed }, () => {
    context.note(`${lengthText(byteLength)} of log are in ${nameText(path)}`);
    context.note(`beside it: ${paths.map(nameText).join(", ") || "nothing"}`);
    if (leftOut.length > 0) context.note(`not in it: ${leftOut.map(nameText).join(", ")}`);
    context.note("queues and index are made anew from the log");
    if (assumed.length > 0) context.note(`note: ${assumedText(geometry, assumed)}`);
  });
}
