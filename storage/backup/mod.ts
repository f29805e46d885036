/**
 * Copying a log into one file, and making a store of such a file.
 *
 * @module
 */
export {
  BACKUP_HEAD_BYTE_LENGTH_MAX,
  BACKUP_HEADER,
  BACKUP_MAGIC,
  type BackupManifest,
  decodeBackupHead,
  encodeBackupHead,
} from "./backup_header.ts";
export { backupLog, type BackupRange } from "./backup_log.ts";
export { readBackupManifest } from "./backup_source.ts";
export { collectBeside } from "./carried_files.ts";
export { restoreBackup } from "./restore_backup.ts";
