/**
 * File systems by the numbers that a kernel gives for them, and an operating system that pretends
 * to have one.
 *
 * @module
 */
import { check, failed, type Libc } from "../../ffi/mod.ts";
import { makeLibc } from "../../ffi/calls.ts";
import type { RawCalls } from "../../ffi/symbols.ts";
import { overrideLibc } from "../../harness/support/libc_overrides.ts";

/**
 * File systems that other machines, a host or a program may change: magic numbers of
 * `linux/magic.h` and of their own sources.
 */
export const REMOTE_FILE_SYSTEMS: readonly (readonly [name: string, type: number])[] = [
  ["NFS", 0x6969],
  ["SMB", 0x517b],
  ["CIFS", 0xff534d42],
  ["SMB2", 0xfe534d42],
  ["AFS", 0x5346414f],
  ["kAFS", 0x6b414653],
  ["Coda", 0x73757245],
  ["NCP", 0x564c],
  ["9p", 0x01021997],
  ["FUSE and virtiofs", 0x65735546],
  ["Ceph", 0x00c36400],
  ["Lustre", 0x0bd00bd0],
  ["GPFS", 0x47504653],
  ["GFS2", 0x01161970],
  ["OCFS2", 0x7461636f],
  ["ACFS", 0x61636673],
  ["BeeGFS", 0x19830326],
  ["OrangeFS", 0x20030528],
  ["PanFS", 0xaad7aaea],
  ["StorNext", 0xbeefdead],
  ["IBRIX", 0x013111a8],
  ["VirtualBox's shared folders", 0x786f4256],
  ["VMware's shared folders", 0xbacbacbc],
  ["Parallels' shared folders", 0x7c7c6673],
  ["WSL's host", 0x53464846],
];

/**
 * Pretends that everything lies on another file system: the bytes of `struct statfs` hold its
 * number, as the kernel puts it there.
 *
 * @param libc The real one.
 * @param number Magic number of the file system.
 * @param isSigned Whether the number comes with its sign, as some kernels widen it.
 * @returns The calls.
 */
export function onFileSystem(libc: Libc, number: number, isSigned = false): Libc {
  const calls: Partial<RawCalls> = {
    getpagesize: () => 4096,
    fstatfs: (_descriptor, buffer) => {
      const view = new DataView(buffer!.buffer, buffer!.byteOffset, buffer!.length);
      view.setBigInt64(0, BigInt(isSigned ? number | 0 : number), true);
      view.setBigInt64(8, 4096n, true);
      return 0;
    },
  };
  const native = {
    calls: calls as RawCalls,
    errno: () => 0,
    memoryViewer: () => undefined,
    runtime: "Fake 1",
    denied: () => undefined,
  };
  const fake = makeLibc(native, "x86-64");
  return overrideLibc(libc, {
    fstatfs(descriptor) {
      const status = libc.fstatfs(descriptor);
      if (failed(status)) return status;
      const { type, name } = check(fake.fstatfs(descriptor), "look at file system");
      return { ...status, type, name };
    },
  });
}
