/**
 * Tails a growing file into a topic: each line once, whatever ends the program.
 *
 * The lines, and how far the file is read, are one atomic batch.
 *
 * @module
 */
import { type Message, openStore } from "@streambed/log";
import { openCheckpoints } from "@streambed/log/checkpoint";
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

/** How far a file is read, and what it is known by when it has another name. */
interface Place {
  readonly inode: number;
  readonly offset: number;
  /** The last bytes before the offset. */
  readonly before: Uint8Array;
}

const LINE_FEED = 10;
const CHUNK_LENGTH = 256 * 1024;
const BEFORE_LENGTH = 64;

const [file = "app.log", directory = "data"] = process.argv.slice(2);
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());

await using store = await openStore(directory);
await using checkpoints = await openCheckpoints<Place>(store, "tail-file");
await checkpoints.keep(1);

let place = (await checkpoints.newest())?.state;
console.log(`${file}: from byte ${place?.offset ?? 0}`);
while (!stop.signal.aborted) {
  place = await readOn(place);
  await sleep(100);
}

/** Takes what has come since. Behind the end of a file that has another name by now is the new. */
async function readOn(last: Place | undefined): Promise<Place | undefined> {
  if (last === undefined) return start(await inodeOf(file));
  await using found = await find(last);
  const inode = await inodeOf(file); // asked for last, so that it is not older than what was found
  if (found === undefined) {
    if (inode === undefined) return last;
    console.log(`${file}: cut, or another file: it may have had more behind byte ${last.offset}`);
    return start(inode);
  }
  const isOver = found.path !== file && inode !== undefined;
  const next = await take(found.handle, last, isOver);
  return isOver && !stop.signal.aborted ? start(inode) : next;
}

/** Takes lines up to the end of a file; the last one without its end only if none will come. */
async function take(handle: FileHandle, from: Place, isOver: boolean): Promise<Place> {
  const buffer = new Uint8Array(BEFORE_LENGTH + CHUNK_LENGTH);
  let place = from;
  while (!stop.signal.aborted) {
    const { inode, offset, before } = place;
    const length = before.length + CHUNK_LENGTH;
    const { bytesRead } = await handle.read(buffer, 0, length, offset - before.length);
    if (!startsWith(buffer.subarray(0, bytesRead), before)) break; // cut since it was found
    const bytes = buffer.subarray(before.length, bytesRead);
    const isLast = bytesRead < length;
    const byteLength = isOver && isLast ? bytes.length : bytes.lastIndexOf(LINE_FEED) + 1;
    if (byteLength === 0 && isLast) break;
    if (byteLength === 0) {
      throw new Error(`Cannot take the line at byte ${offset}: it is longer than 256 KiB`);
    }
    const taken = bytes.subarray(0, byteLength);
    const outputs = [...linesOf(taken)];
    place = { inode, offset: offset + byteLength, before: lastOf(before, taken) };
    await checkpoints.save({ offsets: { [file]: place.offset }, state: place, outputs });
    console.log(`${file}: ${outputs.length} lines, up to byte ${place.offset}`);
  }
  return place;
}

/** The last bytes of two pieces. */
function lastOf(one: Uint8Array, other: Uint8Array): Uint8Array {
  return new Uint8Array([...one, ...other.subarray(-BEFORE_LENGTH)]).slice(-BEFORE_LENGTH);
}

function startsWith(bytes: Uint8Array, before: Uint8Array): boolean {
  return before.every((byte, at) => byte === bytes[at]);
}

function* linesOf(bytes: Uint8Array): Generator<Message> {
  let from = 0;
  while (from < bytes.length) {
    const found = bytes.indexOf(LINE_FEED, from);
    const end = found < 0 ? bytes.length : found;
    yield { topic: "lines", body: bytes.subarray(from, end) };
    from = end + 1;
  }
}

/** Finds the file of a place, under its own name or another one of the folder. */
async function find(place: Place) {
  const own = await openIfSame(file, place);
  if (own !== undefined) return own;
  for (const name of await readdir(dirname(file))) {
    const other = await openIfSame(join(dirname(file), name), place);
    if (other !== undefined) return other;
  }
}

/** Opens a file if it is that of a place: by its inode, and by the bytes before the offset. */
async function openIfSame(path: string, { inode, offset, before }: Place) {
  if (await inodeOf(path) !== inode) return undefined;
  const handle = await open(path);
  const bytes = new Uint8Array(before.length);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset - bytes.length);
  const isSame = startsWith(bytes.subarray(0, bytesRead), before);
  if (isSame) return { path, handle, [Symbol.asyncDispose]: () => handle.close() };
  await handle.close();
}

async function inodeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).ino;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function start(inode: number | undefined): Place | undefined {
  return inode === undefined ? undefined : { inode, offset: 0, before: new Uint8Array() };
}
