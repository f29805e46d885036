/**
 * CRC-32 as a WebAssembly program, made here instruction by instruction.
 *
 * It takes sixteen bytes at a time. x^137 + x^84 + x^80 + x^70 + x^29 + x^8 + 1 is a multiple of
 * the CRC's polynomial, and is one with x^8 for x too. So a byte may be forgotten once it was added
 * (by XOR) to those 53, 57, 67, 108, 129 and 137 bytes behind it. Each vector of sixteen gathers
 * what is added to it from those before. Zeros in front change nothing, so a message is padded to
 * whole blocks of nine vectors, which is how many are kept. The last block is summed by tables, a
 * vector at a time.
 *
 * @module
 */

/** A byte is added to the bytes that are so far behind it. */
const DISTANCES: readonly number[] = [137, 129, 108, 67, 57, 53];
const POLYNOMIAL = 0xedb88320;

const VECTOR = 16;
const VECTORS = 9;
const BLOCK = VECTOR * VECTORS;
const PAGE = 65_536;

/** Most bytes that the program sums at once; the fewest are 4. */
export const PROGRAM_BYTE_LENGTH_MAX: number = PAGE;
/** Where a message ends in the program's memory. */
export const MESSAGE_END: number = 2 * PAGE;

const TABLE = 1024;
/** Sixteen bytes of zeros, then sixteen of ones, behind the sixteen tables. */
const MASK = VECTOR * TABLE;

const I32 = 0x7f;
const V128 = 0x7b;
/** Instructions on two integers, taken as unsigned. */
const OPERATORS = {
  "+": 0x6a,
  "-": 0x6b,
  "*": 0x6c,
  "/": 0x6e,
  "&": 0x71,
  "^": 0x73,
  "<<": 0x74,
  ">>>": 0x76,
  "==": 0x46,
  ">": 0x4b,
} as const;
/** Vector instructions, without their prefix. */
const SIMD = { load: 0, store: 11, shuffle: 13, and: 78, xor: 81 } as const;

// The local variables: first the parameters, then numbers, then vectors.
const BYTE_LENGTH = 0;
const CRC = 1;
const AT = 2;
const WORD = 3;
const KEPT = 4;
const ZERO = KEPT + VECTORS;

/** Nested instructions; flattened at the end. */
type Code = readonly (number | Code)[];

/**
 * Makes the WebAssembly module. It exports `memory` and `crc32(byteLength, value)`, which continues
 * `value` over the message that ends at {@linkcode MESSAGE_END} and gives a signed integer.
 */
export function makeCrc32Program(): Uint8Array<ArrayBuffer> {
  const locals = [2, 2, I32, VECTORS + 1, V128];
  const sections: Code = [
    [1, measured([1, 0x60, 2, I32, I32, 1, I32])],
    [3, measured([1, 0])],
    [5, measured([1, 1, MESSAGE_END / PAGE, MESSAGE_END / PAGE])],
    [7, measured([2, measured(encodeName("memory")), 2, 0, measured(encodeName("crc32")), 0, 0])],
    [10, measured([1, measured([locals, sumMessage()])])],
  ];
  const magicAndVersion = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return Uint8Array.from(flatten([magicAndVersion, sections]));
}

/** Fills in the tables and the mask. */
export function fillCrc32Tables(memory: ArrayBufferLike): void {
  const tables = new Uint32Array(memory, 0, VECTOR * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * POLYNOMIAL);
    tables[byte] = crc;
  }
  // What a byte is worth with one more byte behind it.
  for (let index = 256; index < tables.length; index++) {
    const before = tables[index - 256];
    tables[index] = (before >>> 8) ^ tables[before & 255];
  }
  new Uint8Array(memory, MASK, 2 * VECTOR).fill(255, VECTOR);
}

function sumMessage(): Code {
  const start = calc(constant(MESSAGE_END), "-", get(BYTE_LENGTH));
  const blocks = calc(calc(get(BYTE_LENGTH), "+", constant(BLOCK - 1)), "/", constant(BLOCK));
  return [
    set(AT, calc(constant(MESSAGE_END), "-", calc(blocks, "*", constant(BLOCK)))),
    store(start, calc(load(start), "^", calc(get(CRC), "^", constant(-1)))),
    clearPadding(start),
    addBlocks(),
    addToLast(),
    set(CRC, constant(0)),
    sumLast(),
    calc(get(CRC), "^", constant(-1)),
    0x0b,
  ];
}

/** Clears what precedes the message; its first bytes may share a vector with cleared bytes. */
function clearPadding(start: Code): Code {
  const next = calc(get(WORD), "+", constant(VECTOR));
  const mask = calc(constant(MASK + VECTOR), "-", calc(start, "-", get(WORD)));
  const cleared = [loadVector(get(WORD)), loadVector(mask), onVectors("and")];
  return [
    set(WORD, get(AT)),
    until(calc(next, ">", start), [storeVector(get(WORD), get(ZERO)), set(WORD, next)]),
    storeVector(get(WORD), cleared),
  ];
}

/** Processes all blocks but the last. */
function addBlocks(): Code {
  const kept = (index: number): Code => get(KEPT + (index + VECTORS) % VECTORS);
  return until(calc(get(AT), "==", constant(MESSAGE_END - BLOCK)), [
    Array.from({ length: VECTORS }, (_, index) => set(KEPT + index, gathered(index, kept))),
    set(AT, calc(get(AT), "+", constant(BLOCK))),
  ]);
}

/** Adds the kept vectors to the last block, but none of its own. */
function addToLast(): Code {
  const kept = (index: number): Code => index < 0 ? get(KEPT + index + VECTORS) : get(ZERO);
  return Array.from(
    { length: VECTORS },
    (_, index) => storeVector(get(AT), gathered(index, kept), index * VECTOR),
  );
}

/** A vector of a block, with what the vectors before add to it. */
function gathered(index: number, kept: (index: number) => Code): Code {
  const added = DISTANCES.map((distance) => {
    const from = index * VECTOR - distance;
    const first = Math.floor(from / VECTOR);
    const lanes = Array.from({ length: VECTOR }, (_, lane) => from - first * VECTOR + lane);
    return [kept(first), kept(first + 1), onVectors("shuffle"), lanes, onVectors("xor")];
  });
  return [loadVector(get(AT), index * VECTOR), added];
}

/** Sums from `AT` to the end. */
function sumLast(): Code {
  const lookUp = (index: number): Code => {
    const word = get(index < 4 ? CRC : WORD);
    const byte = calc(calc(word, ">>>", constant(index % 4 * 8)), "&", constant(255));
    return load(calc(byte, "<<", constant(2)), (VECTOR - 1 - index) * TABLE);
  };
  const rest = Array.from({ length: VECTOR - 1 }, (_, before) => {
    const index = before + 1;
    return [index % 4 === 0 ? set(WORD, load(get(AT), index)) : [], lookUp(index), OPERATORS["^"]];
  });
  return until(calc(get(AT), "==", constant(MESSAGE_END)), [
    set(CRC, calc(load(get(AT)), "^", get(CRC))),
    set(CRC, [lookUp(0), rest]),
    set(AT, calc(get(AT), "+", constant(VECTOR))),
  ]);
}

function get(local: number): Code {
  return [0x20, local];
}

function set(local: number, value: Code): Code {
  return [value, 0x21, local];
}

function constant(value: number): Code {
  return [0x41, encodeSigned(value)];
}

function calc(one: Code, operator: keyof typeof OPERATORS, other: Code): Code {
  return [one, other, OPERATORS[operator]];
}

function load(address: Code, offset = 0): Code {
  return [address, 0x28, 0, encodeUnsigned(offset)];
}

function store(address: Code, value: Code): Code {
  return [address, value, 0x36, 0, 0];
}

function onVectors(name: keyof typeof SIMD): Code {
  return [0xfd, SIMD[name]];
}

function loadVector(address: Code, offset = 0): Code {
  return [address, onVectors("load"), 0, encodeUnsigned(offset)];
}

function storeVector(address: Code, value: Code, offset = 0): Code {
  return [address, value, onVectors("store"), 0, encodeUnsigned(offset)];
}

/** Repeats `body` until `condition` holds. */
function until(condition: Code, body: Code): Code {
  return [0x02, 0x40, 0x03, 0x40, condition, 0x0d, 1, body, 0x0c, 0, 0x0b, 0x0b];
}

/** Bytes, preceded by their count. */
function measured(code: Code): Code {
  const bytes = flatten(code);
  return [encodeUnsigned(bytes.length), bytes];
}

function encodeName(name: string): Code {
  return Array.from(new TextEncoder().encode(name));
}

/** LEB128: seven bits a byte, the least first. */
function encodeUnsigned(value: number): Code {
  return value < 128 ? [value] : [value % 128 + 128, encodeUnsigned(value >>> 7)];
}

function encodeSigned(value: number): Code {
  const isLast = value >= -64 && value < 64;
  return isLast ? [value & 127] : [value & 127 | 128, encodeSigned(value >> 7)];
}

function flatten(code: Code, into: number[] = []): number[] {
  for (const part of code) {
    if (typeof part === "number") into.push(part);
    else flatten(part, into);
  }
  return into;
}
