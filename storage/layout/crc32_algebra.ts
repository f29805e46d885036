/**
 * CRC-32 as algebra: how the CRC of bytes changes with a word of them, or with bytes behind them.
 *
 * A CRC is the rest of a division of polynomials over one bit. So bytes that follow multiply it by
 * a power of x, and a word changes it by a number that the word and its place alone decide. Both
 * are linear: four look-ups, one for each byte of a number.
 *
 * @module
 */

const POLYNOMIAL = 0xedb88320 | 0;
/** The coefficient of x^0: a CRC keeps its bits in reverse. */
const ONE = 0x80000000 | 0;
/** x^8. */
const BYTE = 0x00800000;

const BYTE_VALUES = 256;
const WORD_BYTES = 4;

/** What a linear map makes of each byte of a number, the lowest first: 4 times 256 numbers. */
export type LinearTables = Int32Array;

/** The product of two polynomials, modulo that of CRC-32. */
function multiply(one: number, other: number): number {
  let product = 0;
  let factor = other;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((one & bit) !== 0) product ^= factor;
    factor = (factor >>> 1) ^ ((factor & 1) === 0 ? 0 : POLYNOMIAL);
  }
  return product;
}

/** x^8 to the power of `byteLength`. */
function power(byteLength: number): number {
  let result = ONE;
  let square = BYTE;
  for (let rest = byteLength; rest > 0; rest >>>= 1) {
    if (rest % 2 === 1) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

/** The tables of a linear map, from what it makes of each bit. */
function tablesOf(map: (bit: number) => number): LinearTables {
  const tables = new Int32Array(WORD_BYTES * BYTE_VALUES);
  for (let byte = 0; byte < WORD_BYTES; byte++) {
    const from = byte * BYTE_VALUES;
    for (let value = 1; value < BYTE_VALUES; value++) {
      const lowest = value & -value;
      tables[from + value] = value === lowest
        ? map(value << (8 * byte))
        : tables[from + lowest] ^ tables[from + value - lowest];
    }
  }
  return tables;
}

/** How a CRC changes the CRC of its bytes and `bytesBehind` more: they are XORed. */
export function crcTables(bytesBehind: number): LinearTables {
  const factor = power(bytesBehind);
  return tablesOf((bit) => multiply(bit, factor));
}

/** How a byte changes the CRC, with nothing behind it. */
const BY_BYTE = crcTables(1).subarray(0, BYTE_VALUES);

/** What the last bytes of what is summed add to its CRC: XORed to what the others make. */
export function lastBytesCrc(view: DataView, from: number, to: number): number {
  let crc = 0;
  for (let at = from; at < to; at++) crc = (crc >>> 8) ^ BY_BYTE[(crc ^ view.getUint8(at)) & 0xff];
  return crc;
}

/** How a big-endian word changes the CRC of bytes, `bytesBehind` of them behind it. */
export function wordTables(bytesBehind: number): LinearTables {
  const factor = power(WORD_BYTES + bytesBehind);
  return tablesOf((bit) => multiply(swapBytes(bit), factor));
}

function swapBytes(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** Applies a linear map to a number. */
export function applyTables(tables: LinearTables, value: number): number {
  return tables[value & 0xff] ^ tables[0x100 | ((value >>> 8) & 0xff)] ^
    tables[0x200 | ((value >>> 16) & 0xff)] ^ tables[0x300 | (value >>> 24)];
}
