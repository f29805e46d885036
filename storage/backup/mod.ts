/**
 * Copying a log into one file, and making a store of such a file.
 *
 * @module
 */
export {
  BACKUP_FORMAT_VERSION,
  BACKUP_HEAD_BYTE_LENGTH_MAX,
  BACKUP_HEADER,
  BACKUP_MAGIC,
  type BackupHead,
  type BackupHeaderField,
  type BackupManifest,
  type CarriedFile,
  decodeBackupHead,
  encodeBackupHead,
} from "./backup_header.ts";
export { backupLog, type BackupRange } from "./backup_log.ts";
export { readBackupManifest } from "./backup_source.ts";
export { type Beside, collectBeside, type SmallFile } from "./carried_files.ts";
export { restoreBackup, type RestoreOptions } from "./restore_backup.ts";
