/**
 * What a Worker that was terminated had open: it is closed by the next who looks, and what a live
 * one has is left alone.
 *
 * Tests: `built_ins.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { F_DUPFD_CLOEXEC, F_GETOWN_EX, F_GETSIG, SIGURG } from "../../ffi/linux_abi.ts";
import { OWNER } from "../../ffi/linux_structs.ts";
import { check, loadLibc } from "../../ffi/mod.ts";
import { OpenDescriptors, type ProgramCalls } from "../../ffi/open_descriptors.ts";
import { openDescriptors } from "../support/beside_grants.ts";
import { needsLeases } from "../support/leases.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const name = import.meta.url.endsWith(".js") ? "./abandoning_worker.js" : "./abandoning_worker.ts";
const leases = await needsLeases();

test(
  "Libc.closeAbandoned() closes what a Worker left, with its lease, and nothing of a live one",
  leases,
  async () => {
    await using directory = await temporaryDirectory();
    const path = join(directory.path, "file");
    writeFileSync(path, new Uint8Array(4096));
    const libc = await loadLibc();
    const { O_RDONLY, O_RDWR, O_NONBLOCK } = libc.constants;
    const own = check(libc.open(path, { flags: O_RDONLY }), "open");
    const worker = new Worker(new URL(name, import.meta.url), { workerData: path });
    await new Promise((resolve) => worker.once("message", resolve));

    libc.closeAbandoned();
    assert.equal(openCount(path), 2, "What a live Worker has open was closed");
    await worker.terminate();
    while (openCount(path) > 1) {
      libc.closeAbandoned();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // The mapping is still there, and would keep the lease.
    const written = check(libc.open(path, { flags: O_RDWR | O_NONBLOCK }), "open for writing");
    libc.close(written);
    libc.close(own);
    assert.equal(openCount(path), 0);
  },
);

/** An open file, as the kernel knows it: the signal that marks it, the thread that owns it. */
interface OpenFile {
  readonly signal: number;
  readonly thread: number;
}

const ABANDONED: OpenFile = { signal: SIGURG, thread: 0 };
const OF_A_LIVE_THREAD: OpenFile = { signal: SIGURG, thread: 7 };
const JUST_OPENED: OpenFile = { signal: 0, thread: 0 };

/** Descriptor 5, which another thread may close and open between two calls. */
class Descriptors {
  readonly open = new Map<number, OpenFile>();
  readonly #answers: OpenFile[];

  /** What 5 is at each call that asks it; it stays the last one. */
  constructor(...answers: OpenFile[]) {
    this.#answers = answers;
  }

  get calls(): ProgramCalls["calls"] {
    const calls = {
      fcntlNumber: (descriptor: number, operation: number) => {
        const file = this.#file(descriptor);
        if (operation === F_GETSIG) return file.signal;
        assert.equal(operation, F_DUPFD_CLOEXEC);
        this.open.set(9, file);
        return 9;
      },
      fcntlLock: (descriptor: number, operation: number, owner: Uint8Array) => {
        assert.equal(operation, F_GETOWN_EX);
        new DataView(owner.buffer).setInt32(OWNER.at.pid, this.#file(descriptor).thread, true);
        return 0;
      },
      close: (descriptor: number) => this.open.delete(descriptor) ? 0 : -1,
    };
    return calls as Partial<ProgramCalls["calls"]> as ProgramCalls["calls"];
  }

  #file(descriptor: number): OpenFile {
    if (descriptor !== 5) return this.open.get(descriptor)!;
    return this.#answers.length > 1 ? this.#answers.shift()! : this.#answers[0];
  }
}

for (
  const [what, answers, expected] of [
    ["what an ended thread left", [ABANDONED], true],
    ["what a live thread has", [OF_A_LIVE_THREAD], false],
    ["what was opened this moment", [JUST_OPENED], false],
    ["what is opened while it looks", [OF_A_LIVE_THREAD, JUST_OPENED], false],
    ["what is opened before it is sure", [ABANDONED, ABANDONED, JUST_OPENED], false],
    ["what is marked before it is sure", [ABANDONED, ABANDONED, OF_A_LIVE_THREAD], false],
  ] as const
) {
  test(`OpenDescriptors.isAbandoned() is ${expected} for ${what}`, () => {
    const descriptors = new Descriptors(...answers);
    const context = { calls: descriptors.calls, native: {} } as Partial<ProgramCalls>;
    assert.equal(new OpenDescriptors(context as ProgramCalls).isAbandoned(5), expected);
    assert.equal(descriptors.open.size, 0, "a copy is left");
  });
}

function openCount(path: string): number {
  return [...openDescriptors().values()].filter((target) => target === path).length;
}
