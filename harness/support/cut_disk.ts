/**
 * A small ext4 file system of a test's own whose power can be cut: a loop device and the kernel's
 * shutdown call. Needs root.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cutPower, type JournalFate, mountDevice, unmountPath } from "./raw_calls.ts";

const BYTE_LENGTH = 48 * 1024 * 1024;
/**
 * Where the image is: memory, if there is a file system in it, since the disk below the loop device
 * is not what is tested.
 */
const MEMORY = "/dev/shm";

/** A disk; leaving the scope of `await using` unmounts and removes it. */
export class CutDisk implements AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  readonly #folder: string;
  readonly #image: string;
  readonly #device: string;
  #isMounted = false;

  /**
   * Makes a disk and mounts it.
   *
   * @param byteLength Length of the whole.
   */
  constructor(byteLength: number = BYTE_LENGTH) {
    this.#folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "streambed-disk-"));
    this.#image = join(this.#folder, "image");
    this.path = join(this.#folder, "mounted");
    mkdirSync(this.path);
    writeFileSync(this.#image, "");
    truncateSync(this.#image, byteLength);
    this.#device = run("losetup", "--find", "--show", this.#image).trim();
    this.#format();
    this.mount();
  }

  /** Mounts it again. */
  mount(): void {
    mountDevice(this.#device, this.path);
    this.#isMounted = true;
  }

  /** Unmounts it, when nobody uses it any more. */
  async unmount(): Promise<void> {
    if (!this.#isMounted) return;
    await unmountPath(this.path);
    this.#isMounted = false;
  }

  /** Cuts the power: it stays mounted, and every call fails. */
  cut(journal: JournalFate): void {
    cutPower(this.path, journal);
  }

  /** Starts again with an empty file system. */
  async clear(): Promise<void> {
    await this.unmount();
    this.#format();
    this.mount();
  }

  /** Unmounts and removes it, also under somebody who has failed and still holds it open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.unmount().catch(() => run("umount", "--lazy", this.path));
    run("losetup", "--detach", this.#device);
    rmSync(this.#folder, { recursive: true });
  }

  #format(): void {
    const options = ["-b", "4096", "-m", "0", "-E", "lazy_itable_init=0,nodiscard"];
    run("mkfs.ext4", "-q", "-F", ...options, this.#device);
  }
}

/**
 * Tries whether power can be cut here.
 *
 * @returns Why not, or `undefined`.
 */
export async function whyNoPowerCuts(): Promise<string | undefined> {
  try {
    await using disk = new CutDisk(8 * 1024 * 1024);
    disk.cut("lost");
    return undefined;
  } catch {
    return "cutting the power of a file system needs root, a loop device, mkfs.ext4 and a kernel that can shut ext4 down";
  }
}

function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}
