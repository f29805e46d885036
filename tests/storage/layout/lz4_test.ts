/**
 * Bodies that are compressed by LZ4, with the codec and without.
 *
 * Tests: `lz4_frame.ts`, `decompress_body.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { afterEach, test } from "node:test";
import { compressFrameSync, decompressFrameSync } from "npm:lz4-napi@2.10.0";
import {
  decompressBody,
  FLAG_COMPRESSED,
  FLAG_COMPRESSION_LZ4,
  FLAG_COMPRESSION_ZLIB,
  lz4ContentLengthMax,
  provideLz4,
  stillCompressed,
} from "../../../storage/layout/mod.ts";
import { bufferOver } from "../../../ffi/built_ins.ts";
import { seededRandom } from "../../../harness/support/random.ts";

const SYS_FLAG = FLAG_COMPRESSED | FLAG_COMPRESSION_LZ4;
const ADVICE = "install the package lz4-napi";
const MIB = 1024 * 1024;

/** What `LZ4FrameOutputStream` of lz4-java, which RocketMQ uses, made of `JAVA_TEXT`. */
const JAVA_FRAME = bytesOf(
  "BCJNGGBwcwABAACSb3JkZXIgMCwgCQAUMQkAFDIJABQzCQAUNAkAFDUJABQ2CQAUNwkAFDgJABQ5CQAWMVsABVwAFTFd" +
    "ABUxXgAVMV8AFTFgABUxYQAVMWIAFTFjABUxZAAVMmQAFTJkABUyZAAVMmQAFTJkABUyZAAVMmQAFTJkABUyZAAVMmQA" +
    "FTNkABUzZAAVM2QAFTNkABUzZAAVM2QAFTNkABUzZAAVM2QAFTNkABU0ZAAVNGQAFTRkABU0ZAAVNGQAFTRkABU0ZAAV" +
    "NGQAFTRkABU0ZAAFYwAFYgAFYQAGYAAEvQEFXgAFXQAFXAAFWwAFWgAP6gH///////////8jUCA0OSwgAAAAAA==",
);
const JAVA_TEXT = Array.from({ length: 300 }, (_, at) => `order ${at % 50}, `).join("");
/** The same of `ham`, which it leaves as it is. */
const JAVA_SHORT_FRAME = bytesOf("BCJNGGBwcwMAAIBoYW0AAAAA");

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** A body as text; `undefined` if it was handed out as it was stored. */
function textOf(frame: Uint8Array, limit?: number): string | undefined {
  const { body, sysFlag } = decompressBody(frame, SYS_FLAG | 0x8, limit);
  if (sysFlag === (FLAG_COMPRESSION_LZ4 | 0x8)) return new TextDecoder().decode(body);
  assert.equal(sysFlag, SYS_FLAG | 0x8);
  assert.equal(body, frame);
  return undefined;
}

/** The codec as it is called by the library. */
function decompressFrame(frame: Uint8Array): Uint8Array {
  return decompressFrameSync(bufferOver(frame) as Buffer);
}

/** Two pieces as one. */
function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

afterEach(() => provideLz4(ADVICE));

test("decompressBody() undoes LZ4 frames as RocketMQ's producers make them", () => {
  provideLz4(decompressFrame);
  assert.equal(textOf(JAVA_FRAME), JAVA_TEXT);
  assert.equal(textOf(JAVA_SHORT_FRAME), "ham");
  const record = joined(Uint8Array.of(1, 2, 3), JAVA_FRAME, Uint8Array.of(4));
  assert.equal(textOf(record.subarray(3, record.length - 1)), JAVA_TEXT, "in a record");
});

test("decompressBody() undoes LZ4 frames with any checksums, of any length", () => {
  provideLz4(decompressFrame);
  const random = seededRandom(5);
  const words = Array.from({ length: 997 }, () => random.next(256));
  const kinds = [{}, { contentChecksum: true }, { blockChecksums: true }];
  for (const length of [1, 100, 70_000, 5 * MIB]) {
    const content = Uint8Array.from({ length }, (_, at) => words[at % words.length]);
    for (const kind of kinds) {
      const { body, sysFlag } = decompressBody(
        new Uint8Array(compressFrameSync(Buffer.from(content), kind)),
        SYS_FLAG,
      );
      assert.equal(sysFlag, FLAG_COMPRESSION_LZ4);
      assert.ok(body.length === length && Buffer.compare(body, content) === 0, `${length}`);
      assert.equal(body.constructor, Uint8Array, "slice() copies");
      assert.equal(
        structuredClone(body, { transfer: [body.buffer as ArrayBuffer] }).length,
        length,
      );
    }
  }
});

test("decompressBody() hands out as it is what is not one whole LZ4 frame", () => {
  let callCount = 0;
  provideLz4((frame) => {
    callCount++;
    return decompressFrame(frame);
  });
  for (let length = 0; length < JAVA_FRAME.length; length++) {
    assert.equal(textOf(JAVA_FRAME.slice(0, length)), undefined, `${length} bytes`);
  }
  assert.equal(textOf(joined(JAVA_FRAME, Uint8Array.of(0))), undefined);
  assert.equal(textOf(joined(JAVA_SHORT_FRAME, JAVA_FRAME)), undefined, "not the first alone");
  const others = { magic: [0, 5], version: [4, 0xa0], dictionary: [4, 0x61], block: [5, 0x30] };
  for (const [what, [at, byte]] of Object.entries(others)) {
    assert.equal(textOf(JAVA_FRAME.with(at, byte)), undefined, what);
  }
  assert.equal(callCount, 0, "the codec is not asked");
  assert.equal(textOf(JAVA_FRAME.with(6, 0)), undefined, "a wrong checksum of the header");
  assert.equal(textOf(JAVA_FRAME.with(22, 1)), undefined, "a match before the start");
  assert.equal(callCount, 2);
});

test("decompressBody() takes what the codec throws on damaged bytes, and never its error", () => {
  provideLz4(decompressFrame);
  const random = seededRandom(11);
  const frame = new Uint8Array(
    compressFrameSync(Buffer.from(JAVA_TEXT), { contentChecksum: true, blockChecksums: true }),
  );
  for (let round = 0; round < 2000; round++) {
    const damaged = frame.slice();
    damaged[random.next(damaged.length)] ^= 1 + random.next(255);
    const text = textOf(damaged);
    assert.ok(text === undefined || text === JAVA_TEXT, `round ${round}`);
  }
});

test("decompressBody() does not begin to decompress what may get too long", () => {
  const bomb = new Uint8Array(compressFrameSync(Buffer.alloc(68 * MIB)));
  assert.ok(bomb.length < MIB);
  let callCount = 0;
  provideLz4((frame) => {
    callCount++;
    return frame;
  });
  assert.equal(textOf(bomb), undefined);
  assert.equal(callCount, 0);
  assert.match(stillCompressed(SYS_FLAG), /damaged, or longer than 64 MiB/);
  provideLz4(decompressFrame);
  assert.equal(textOf(JAVA_SHORT_FRAME, 3), "ham");
  assert.equal(textOf(JAVA_SHORT_FRAME, 2), undefined);
});

test("lz4ContentLengthMax() is no less than the content, and near it where blocks are full", () => {
  for (const length of [0, 1, 65_536, 3 * MIB, 9 * MIB]) {
    const frame = new Uint8Array(compressFrameSync(Buffer.alloc(length)));
    const most = lz4ContentLengthMax(frame)!;
    assert.ok(most >= length && most <= length + 4 * MIB, `${length}: ${most}`);
  }
  assert.equal(lz4ContentLengthMax(JAVA_SHORT_FRAME), 3);
});

test("stillCompressed() tells what to install for LZ4 alone", () => {
  assert.equal(textOf(JAVA_FRAME), undefined);
  assert.equal(stillCompressed(SYS_FLAG), `it is compressed by LZ4: ${ADVICE}`);
  const zlib = FLAG_COMPRESSED | FLAG_COMPRESSION_ZLIB;
  assert.match(stillCompressed(zlib), /^what was compressed is damaged, or longer than 64 MiB$/);
  assert.match(stillCompressed(0x701), /does not know/);
});
