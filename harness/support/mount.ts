/**
 * Small file systems for tests; they need root.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Mounts an empty tmpfs.
 *
 * @param path An empty directory.
 * @param byteLength Its capacity.
 * @returns The mount; disposing unmounts.
 */
export function mountTmpfs(path: string, byteLength: number): Disposable {
  run("mount", "-t", "tmpfs", "-o", `size=${byteLength},mode=0700`, "tmpfs", path);
  return { [Symbol.dispose]: () => unmount(path) };
}

/**
 * Makes an ext4 file system in a file and mounts it.
 *
 * @param path An empty directory.
 * @param byteLength Length of the whole.
 * @returns The mount; disposing unmounts and removes the file.
 */
export function mountExt4(path: string, byteLength: number): Disposable {
  const folder = mkdtempSync(join(tmpdir(), "streambed-image-"));
  const image = join(folder, "image");
  writeFileSync(image, "");
  truncateSync(image, byteLength);
  run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0", image);
  run("mount", "-o", "loop", image, path);
  return {
    [Symbol.dispose]() {
      unmount(path);
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * Tries whether this process may mount.
 *
 * @returns Why not, or `undefined`.
 */
export function whyNoMounts(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), "streambed-mount-"));
  try {
    mountExt4(path, 8 * 1024 * 1024)[Symbol.dispose]();
    return undefined;
  } catch {
    return "mounting tmpfs and a loop device with ext4 needs root and mkfs.ext4";
  } finally {
    rmSync(path, { recursive: true });
  }
}

/** Another test may just start a program, which holds copies of our descriptors until it runs. */
function unmount(path: string): void {
  run("umount", "--lazy", path);
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"] });
}
