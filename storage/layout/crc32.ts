/**
 * CRC-32, by zlib or by a program of our own where the runtime's zlib was built without the
 * processor's instructions for it.
 *
 * @module
 */
import { crc32 as zlibCrc32 } from "node:zlib";
import {
  fillCrc32Tables,
  makeCrc32Program,
  MESSAGE_END,
  PROGRAM_BYTE_LENGTH_MAX,
} from "./crc32_program.ts";

/** Below this many bytes, calling the program costs more than it saves. */
const LEAST_BYTE_LENGTH = 128;
const PROBE_BYTE_LENGTH = 65_536;
const PROBE_COUNT = 5;
/** A fast zlib takes as long as copying, a slow one five to eight times as long. */
const SLOW_RATIO = 3;

/** The parts of `WebAssembly` that are used. */
export type WasmEngine = Pick<
  typeof WebAssembly,
  "validate" | "Module" | "Instance" | "CompileError"
>;

interface LoadedProgram {
  readonly memory: Uint8Array;
  readonly run: (byteLength: number, value: number) => number;
}

let program: LoadedProgram | undefined;

/** The CRC-32 of `bytes`, from 0 to 2^32-1; `value` is the CRC of the bytes before them. */
export function crc32(bytes: Uint8Array, value = 0): number {
  if (program === undefined || bytes.length < LEAST_BYTE_LENGTH) return zlibCrc32(bytes, value);
  if (bytes.length <= PROGRAM_BYTE_LENGTH_MAX) return sum(program, bytes, value);

  let crc = value;
  const whole = bytes.length - bytes.length % PROGRAM_BYTE_LENGTH_MAX;
  for (let from = 0; from < whole; from += PROGRAM_BYTE_LENGTH_MAX) {
    crc = sum(program, bytes.subarray(from, from + PROGRAM_BYTE_LENGTH_MAX), crc);
  }
  return zlibCrc32(bytes.subarray(whole), crc);
}

function sum({ memory, run }: LoadedProgram, bytes: Uint8Array, value: number): number {
  memory.set(bytes, MESSAGE_END - bytes.length);
  return run(bytes.length, value) >>> 0;
}

/** Measures both ways and uses the faster one from now on; `monotonic` is in ms. */
export function chooseCrc32(
  monotonic: () => number,
  engine: WasmEngine | undefined,
): "zlib" | "program" {
  program = engine !== undefined && isZlibSlow(monotonic) ? loadProgram(engine) : undefined;
  return program === undefined ? "zlib" : "program";
}

function isZlibSlow(monotonic: () => number): boolean {
  const bytes = new Uint8Array(PROBE_BYTE_LENGTH);
  const copy = new Uint8Array(PROBE_BYTE_LENGTH);
  const copying = leastMs(monotonic, () => copy.set(bytes));
  return leastMs(monotonic, () => void zlibCrc32(bytes)) > SLOW_RATIO * copying;
}

/** The shortest of some runs: disturbances only make them longer. */
function leastMs(monotonic: () => number, work: () => void): number {
  let least = Infinity;
  for (let count = 0; count < PROBE_COUNT; count++) {
    const start = monotonic();
    work();
    least = Math.min(least, monotonic() - start);
  }
  return least;
}

/** `undefined` where vectors are unknown, or generated code or its memory is refused. */
function loadProgram(engine: WasmEngine): LoadedProgram | undefined {
  const code = makeCrc32Program();
  if (!engine.validate(code)) return undefined;
  try {
    const { exports } = new engine.Instance(new engine.Module(code));
    const { buffer } = exports.memory as WebAssembly.Memory;
    fillCrc32Tables(buffer);
    return { memory: new Uint8Array(buffer), run: exports.crc32 as LoadedProgram["run"] };
  } catch (error) {
    if (error instanceof RangeError || error instanceof engine.CompileError) return undefined;
    throw error;
  }
}
