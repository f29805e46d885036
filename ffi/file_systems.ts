/**
 * File systems by the magic numbers of `statfs` (`linux/magic.h`, or their own sources), and
 * whether other machines write to them.
 *
 * @module
 */

/**
 * Who may change a file beside this kernel: `"local"`, no other machine; `"remote"`, other
 * machines, so this page cache is not the only one; `"unknown"`, the number does not tell.
 */
export type FileSystemReach = "local" | "remote" | "unknown";

const LOCAL: readonly (readonly [type: number, name: string])[] = [
  [0xef53, "ext4"],
  [0x01021994, "tmpfs"],
  [0x58465342, "xfs"],
  [0x9123683e, "btrfs"],
  [0x2fc12fc1, "zfs"],
  [0xf2f52010, "f2fs"],
  [0xca451a4e, "bcachefs"],
];

/**
 * Network and cluster file systems, folders shared with a host, and all of FUSE (GlusterFS, sshfs).
 */
const REMOTE: readonly (readonly [type: number, name: string])[] = [
  [0x6969, "nfs"],
  [0x517b, "smb"],
  [0xff534d42, "cifs"],
  [0xfe534d42, "smb2"],
  [0x5346414f, "afs"],
  [0x6b414653, "kafs"],
  [0x73757245, "coda"],
  [0x564c, "ncp"],
  [0x01021997, "9p"],
  [0x65735546, "fuse"],
  [0x00c36400, "ceph"],
  [0x0bd00bd0, "lustre"],
  [0x47504653, "gpfs"],
  [0x01161970, "gfs2"],
  [0x7461636f, "ocfs2"],
  [0x61636673, "acfs"],
  [0x19830326, "beegfs"],
  [0x20030528, "orangefs"],
  [0xaad7aaea, "panfs"],
  [0xbeefdead, "stornext"],
  [0x013111a8, "ibrix"],
  [0x786f4256, "vboxsf"],
  [0xbacbacbc, "vmhgfs"],
  [0x7c7c6673, "prl_fs"],
  [0x53464846, "wslfs"],
];

const OTHERS: readonly (readonly [type: number, name: string])[] = [
  [0x794c7630, "overlay"],
  [0x858458f6, "ramfs"],
  [0x73717368, "squashfs"],
  [0xe0f5e1e2, "erofs"],
  [0x4d44, "vfat"],
  [0x2011bab0, "exfat"],
  [0x9fa0, "proc"],
  [0x62656572, "sysfs"],
];

/**
 * File systems that say "hole" only where nothing can be read but zeros: they look into the page
 * cache for stores that are not on the disk yet. ZFS before 2.2.2 has missed such stores, and the
 * program behind FUSE does not see this page cache.
 */
const HONEST_ABOUT_HOLES: readonly string[] = ["ext4", "xfs", "tmpfs"];

const NAMES: ReadonlyMap<number, string> = new Map([...LOCAL, ...REMOTE, ...OTHERS]);
const REACHES: ReadonlyMap<number, FileSystemReach> = new Map([
  ...LOCAL.map(([type]) => [type, "local"] as const),
  ...REMOTE.map(([type]) => [type, "remote"] as const),
]);

/**
 * Names a file system, else `"unknown"`. ext2 and ext3 share ext4's number and name, virtiofs
 * FUSE's.
 */
export function fileSystemName(type: number): string {
  return NAMES.get(type) ?? "unknown";
}

/** Who may change the files; `"unknown"` also for an overlay, whose layers may lie anywhere. */
export function fileSystemReach(type: number): FileSystemReach {
  return REACHES.get(type) ?? "unknown";
}

/** Whether what a file system of this name calls a hole always reads as zeros. */
export function isHonestAboutHoles(name: string): boolean {
  return HONEST_ABOUT_HOLES.includes(name);
}
