/**
 * A process that loses pages of files that it has mapped. The first argument says how, the second
 * is a directory; what it prints is what the test looks at.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { check, guardedLibc, type Libc, loadLibc, type Mapping } from "../../ffi/mod.ts";
import { SigbusGuard } from "../../ffi/sigbus_guard.ts";
import { readProcess } from "../support/beside_grants.ts";
import { byteAt } from "../../harness/support/mapped_byte.ts";

/** What a process may be told to do. */
export type GuardScene =
  | "zeros"
  | "loop"
  | "copies"
  | "backwards"
  | "neighbours"
  | "elsewhere"
  | "unmapped"
  | "planted"
  | "sent"
  | "displaced"
  | "threads"
  | "worker"
  | "pages"
  | "full";

type Play = (libc: Libc, path: string) => void | Promise<void>;

const BYTE_LENGTH = 1024 * 1024;
const KEPT_BYTE_LENGTH = 8192;
const PAGE_BYTE_LENGTH = 4096;

const SCENES: Readonly<Record<GuardScene, Play>> = {
  async zeros(libc, directory) {
    const file = new CutFile(libc, join(directory, "file"));
    const mapping = file.map(true);
    const inside = byteAt(mapping, 100);
    file.cut();
    const outside = byteAt(mapping, 70_000);
    mapping.setI32(80_000, 42);
    const synced = libc.msync(mapping, 0, BYTE_LENGTH);
    const offThread = await libc.msyncAsync(mapping, 0, BYTE_LENGTH);
    say({ inside, outside, stored: mapping.getI32(80_000), synced, offThread });
    say({ faults: libc.guard!.faultCount(mapping), stands: libc.guard!.stands() });
  },

  /** Compiled code is in the middle of its loop when the pages go, twice. */
  loop(libc, directory) {
    for (const name of ["one", "other"]) {
      const file = new CutFile(libc, join(directory, name));
      const mapping = file.map(true);
      const rounds = 400;
      let sum = 0;
      for (let round = 0; round < rounds; round++) {
        if (round === rounds / 2) file.cut();
        sum += sumOf(mapping);
      }
      const whole = rounds / 2 * (BYTE_LENGTH + KEPT_BYTE_LENGTH) / 64 * CutFile.filler;
      say({ right: sum === whole, faults: libc.guard!.faultCount(mapping) });
      check(libc.munmap(mapping), "munmap");
    }
  },

  copies(libc, directory) {
    const file = new CutFile(libc, join(directory, "file"));
    const mapping = file.map(true);
    file.cut();
    const target = new Uint8Array(BYTE_LENGTH);
    mapping.copyOut(0, BYTE_LENGTH, target);
    const left = target.findIndex((byte) => byte !== CutFile.filler);
    say({ left, zeros: target.subarray(left).every((byte) => byte === 0) });
    mapping.copyIn(0, new Uint8Array(BYTE_LENGTH).fill(7));
    // libc copies from the start on one processor, from the end on another: that is one fault, or
    // one for each lost page.
    say({ file: file.byteLength, isCounted: libc.guard!.faultCount(mapping) > 0 });
  },

  /**
   * From the end to the start each page is lost anew, since zeros only lie behind the page that was
   * met.
   */
  backwards(libc, directory) {
    const file = new CutFile(libc, join(directory, "file"));
    const mapping = file.map(true);
    file.cut();
    const page = new Uint8Array(PAGE_BYTE_LENGTH);
    let zeroCount = 0;
    for (let at = BYTE_LENGTH - PAGE_BYTE_LENGTH; at >= 0; at -= PAGE_BYTE_LENGTH) {
      mapping.copyOut(at, PAGE_BYTE_LENGTH, page);
      if (page.every((byte) => byte === 0)) zeroCount++;
    }
    say({ zeroCount, faults: libc.guard!.faultCount(mapping) });
  },

  /** Mappings side by side: each has a count of its own, and keeps what is its own. */
  neighbours(libc, directory) {
    const files = ["a", "b", "c"].map((name) => new CutFile(libc, join(directory, name)));
    const mappings = files.map((file) => file.map(true));
    files[1].cut();
    byteAt(mappings[1], BYTE_LENGTH - 1);
    byteAt(mappings[1], KEPT_BYTE_LENGTH);
    const ends = mappings.map((mapping) => byteAt(mapping, BYTE_LENGTH - 1));
    say({ ends, faults: mappings.map((mapping) => libc.guard!.faultCount(mapping)) });
    // A place in the table that is free again starts anew.
    check(libc.munmap(mappings[1]), "munmap");
    files[1].grow();
    const again = files[1].map(true);
    say({
      again: libc.guard!.faultCount(again),
      unguarded: libc.guard!.faultCount(files[0].map(false)),
    });
    files[1].cut();
    say({ zero: byteAt(again, 70_000), faults: libc.guard!.faultCount(again) });
  },

  elsewhere(libc, directory) {
    new CutFile(libc, join(directory, "guarded")).map(true);
    const file = new CutFile(libc, join(directory, "file"));
    const mapping = file.map(false);
    file.cut();
    say({ stands: libc.guard!.stands() });
    say({ value: byteAt(mapping, 70_000) });
  },

  unmapped(libc, directory) {
    const file = new CutFile(libc, join(directory, "file"));
    const guarded = file.map(true);
    check(libc.munmap(guarded), "munmap");
    // Mostly at the very address that was free a moment ago.
    const mapping = file.map(false);
    file.cut();
    say({ value: byteAt(mapping, 70_000) });
  },

  /** Planted: the table stays empty. */
  planted(libc, directory) {
    SigbusGuard.prototype.watch = () => 0;
    const file = new CutFile(libc, join(directory, "file"));
    const mapping = file.map(true);
    file.cut();
    say({ stands: libc.guard!.stands() });
    say({ value: byteAt(mapping, 70_000) });
  },

  async sent() {
    process.kill(process.pid, "SIGBUS");
    await new Promise((resolve) => setTimeout(resolve, 50));
    say({ alive: true });
  },

  /** Somebody else handles the signal from now on. */
  displaced(libc, directory) {
    new CutFile(libc, join(directory, "file")).map(true);
    const before = libc.guard!.stands();
    process.on("SIGBUS", () => {});
    say({ before, after: libc.guard!.stands() });
    process.exit();
  },

  /** Each thread has a guard of its own, one in front of the other. */
  async threads(libc, directory) {
    const file = new CutFile(libc, join(directory, "file"));
    const mapping = file.map(true);
    const turn = new Int32Array(new SharedArrayBuffer(4));
    const threads: Promise<void>[] = [];
    for (const name of ["one", "other"]) {
      const { begun, over } = startThread(join(directory, name), turn);
      threads.push(over);
      await begun;
    }
    file.cut();
    const value = byteAt(mapping, 70_000);
    say({ value, faults: libc.guard!.faultCount(mapping), stands: libc.guard!.stands() });
    // What main met went by both of the others: they must stand all the same.
    Atomics.store(turn, 0, 1);
    Atomics.notify(turn, 0);
    await Promise.all(threads);
    const later = new CutFile(libc, join(directory, "later"));
    const unguarded = later.map(false);
    later.cut();
    say({ value: byteAt(unguarded, 70_000) });
  },

  worker(libc, path) {
    const file = new CutFile(libc, path);
    const mapping = file.map(true);
    file.cut();
    const value = byteAt(mapping, BYTE_LENGTH - 1);
    say({ value, faults: libc.guard!.faultCount(mapping), stands: libc.guard!.stands() });
    parentPort!.postMessage("begun");
    Atomics.wait(workerData, 0, 0);
    const after = byteAt(mapping, 70_000);
    say({ after, faults: libc.guard!.faultCount(mapping), stands: libc.guard!.stands() });
  },

  pages(libc, directory) {
    const before = executablePages();
    new CutFile(guarded(libc), join(directory, "file")).map(true);
    const added = [...executablePages()].filter((line) => !before.has(line));
    say({ added: added.map((line) => line.split(" ").slice(1)) });
  },

  full(libc, directory) {
    const file = new CutFile(libc, join(directory, "file"));
    const mappings: Mapping[] = [];
    for (;;) {
      const mapped = libc.mmap(file.descriptor, 4096, { write: false });
      if ("errno" in mapped) {
        say({ code: mapped.code, count: mappings.length });
        break;
      }
      mappings.push(mapped);
    }
    libc.munmap(mappings[5]);
    file.map(true);
    say({ room: "again" });
  },
};

/** A file of one byte again and again, to be cut. */
class CutFile {
  static readonly filler = 65;
  readonly descriptor: number;
  readonly #libc: Libc;

  constructor(libc: Libc, path: string) {
    const { O_RDWR, O_CREAT } = libc.constants;
    this.#libc = libc;
    this.descriptor = check(libc.open(path, { flags: O_RDWR | O_CREAT, mode: 0o600 }), "open");
    this.grow();
  }

  get byteLength(): number {
    return check(this.#libc.fstat(this.descriptor), "fstat").byteLength;
  }

  grow(): void {
    const bytes = new Uint8Array(BYTE_LENGTH).fill(CutFile.filler);
    check(this.#libc.pwrite(this.descriptor, bytes, 0), "pwrite");
  }

  cut(): void {
    check(this.#libc.ftruncate(this.descriptor, KEPT_BYTE_LENGTH), "ftruncate");
  }

  map(isGuarded: boolean): Mapping {
    const libc = isGuarded ? this.#libc : plain;
    return check(libc.mmap(this.descriptor, BYTE_LENGTH, { write: true }), "mmap");
  }
}

function sumOf(mapping: Mapping): number {
  let sum = 0;
  for (let at = 0; at < BYTE_LENGTH; at += 64) sum += byteAt(mapping, at);
  return sum;
}

/** Mappings of one executable page that is no file's. */
function executablePages(): Set<string> {
  const lines = readProcess("maps").split("\n").filter((line) => {
    const [range, mode, , , inode] = line.split(/\s+/);
    const [start, end] = (range ?? "").split("-").map((address) => BigInt(`0x${address || 0}`));
    return mode?.includes("x") && inode === "0" && end - start === 4096n && !line.includes("[");
  });
  return new Set(lines.map((line) => line.trim().split(/\s+/, 2).join(" ")));
}

/** Starts this program as a thread, in the scene `worker`. */
function startThread(path: string, turn: Int32Array): Record<"begun" | "over", Promise<void>> {
  const options = { argv: ["worker", path], workerData: turn };
  const worker = new Worker(new URL(import.meta.url), options);
  const heard = (event: string) =>
    new Promise<void>((resolve, reject) => {
      worker.on("error", reject);
      worker.on(event, () => resolve());
    });
  return { begun: heard("message"), over: heard("exit") };
}

function say(line: Readonly<Record<string, unknown>>): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

function guarded(libc: Libc): Libc {
  return check(guardedLibc(libc), "install guard");
}

const [, , scene, path] = process.argv;
const plain = await loadLibc();
// One looks at what installing adds; the other at what happens without.
const isBare = scene === "pages" || path === "unguarded";
await SCENES[scene as GuardScene](isBare ? plain : guarded(plain), path);
