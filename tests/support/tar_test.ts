/**
 * The tar reader: long names in each of their three forms, and nothing that it does not understand.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { extractTar, readTar } from "../../harness/support/tar.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";

const LONG = `store/${"t".repeat(147)}/0/00000000000000000000`;

interface Member {
  readonly name: string;
  readonly type?: string;
  readonly prefix?: string;
  readonly body?: Uint8Array;
}

test("readTar() gives files and directories with their content", () => {
  const archive = tar({ name: "a/", type: "5" }, { name: "a/b", body: bytes("hello") });

  const [folder, file] = [...readTar(archive)];
  assert.deepEqual([folder.path, folder.kind], ["a", "directory"]);
  assert.deepEqual([file.path, file.kind], ["a/b", "file"]);
  assert.equal(new TextDecoder().decode(file.body), "hello");
});

test("readTar() reads a long name from a pax header, and for the next entry only", () => {
  const pax = {
    name: "x",
    type: "x",
    body: bytes(paxRecord("mtime", "1.5") + paxRecord("path", LONG)),
  };
  const archive = tar(pax, { name: "cut off" }, { name: "other" });

  assert.deepEqual([...readTar(archive)].map(({ path }) => path), [LONG, "other"]);
});

test("readTar() reads a pax path beyond ASCII by its bytes", () => {
  const archive = tar({ name: "x", type: "x", body: bytes(paxRecord("path", "thẻ/🏷")) }, {
    name: "t",
  });

  assert.deepEqual([...readTar(archive)].map(({ path }) => path), ["thẻ/🏷"]);
});

test("readTar() reads a long name from a GNU header and from the prefix field", () => {
  const gnu = { name: "././@LongLink", type: "L", body: bytes(`${LONG}\0`) };
  const archive = tar(gnu, { name: "cut off" }, { name: "tail", prefix: "head/of/it" });

  assert.deepEqual([...readTar(archive)].map(({ path }) => path), [LONG, "head/of/it/tail"]);
});

test("readTar() refuses links, paths that lead out, sparse maps and unknown sizes", () => {
  const sparse = { name: "x", type: "x", body: bytes(paxRecord("GNU.sparse.major", "1")) };

  assert.throws(() => [...readTar(tar({ name: "link", type: "2" }))], /type "2" is not known/);
  assert.throws(() => [...readTar(tar({ name: "a/../../b" }))], /leads out/);
  assert.throws(() => [...readTar(tar({ name: "/etc/passwd" }))], /leads out/);
  assert.throws(() => [...readTar(tar(sparse, { name: "a" }))], /GNU.sparse.major/);
});

test("readTar() refuses an archive that is damaged or cut off", () => {
  const archive = tar({ name: "a", body: new Uint8Array(5000).fill(7) });
  const flipped = archive.slice();
  flipped[2] ^= 1;

  assert.throws(() => [...readTar(flipped)], /no ustar header/);
  assert.throws(() => [...readTar(archive.subarray(0, 2048))], /content is cut off/);
  assert.throws(() => [...readTar(archive.subarray(0, 512 + 5120))], /it is cut off/);
});

test("extractTar() leaves zeros out and keeps every byte", async () => {
  await using directory = await temporaryDirectory();
  const body = new Uint8Array(1_000_001);
  body[500_000] = 1;
  body[1_000_000] = 2;
  await extractTar(tar({ name: "deep/er/file", body }), directory.path);

  const path = join(directory.path, "deep/er/file");
  assert.ok(new Uint8Array(await readFile(path)).every((byte, at) => byte === body[at]));
  const { size, blocks } = await stat(path);
  assert.equal(size, body.byteLength);
  assert.ok(blocks * 512 < size / 2, `${blocks} blocks of 512 bytes are in use`);
});

test("extractTar() gives nobody else write access, whatever the umask is", async () => {
  await using directory = await temporaryDirectory();
  await extractTar(tar({ name: "store/", type: "5" }, { name: "store/file" }), directory.path);

  assert.equal((await stat(join(directory.path, "store"))).mode & 0o777, 0o755);
  assert.equal((await stat(join(directory.path, "store/file"))).mode & 0o777, 0o644);
});

test("extractTar() does not overwrite a file", async () => {
  await using directory = await temporaryDirectory();
  const archive = tar({ name: "store/file" });
  await extractTar(archive, directory.path);

  await assert.rejects(extractTar(archive, directory.path), { code: "EEXIST" });
});

function tar(...members: Member[]): Uint8Array {
  const end = new Uint8Array(1024);
  return concat([...members.flatMap((member) => [header(member), padded(member.body)]), end]);
}

function header({ name, type = "0", prefix = "", body }: Member): Uint8Array {
  const block = new Uint8Array(512);
  const put = (at: number, value: string) => block.set(bytes(value), at);
  put(0, name);
  put(124, (body?.byteLength ?? 0).toString(8).padStart(11, "0"));
  put(148, " ".repeat(8));
  put(156, type);
  put(257, "ustar\x0000");
  put(345, prefix);
  put(148, block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ");
  return block;
}

function padded(body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const blocks = new Uint8Array(Math.ceil(body.byteLength / 512) * 512);
  blocks.set(body);
  return blocks;
}

/** A pax record begins with its own length in bytes, which counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = bytes(` ${key}=${value}\n`).byteLength;
  let total = rest;
  while (total !== rest + String(total).length) total = rest + String(total).length;
  return `${total} ${key}=${value}\n`;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
