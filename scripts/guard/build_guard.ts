/**
 * Compiles the SIGBUS guard, and writes its bytes down as a module.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The source, in C. */
export const GUARD_SOURCE: string = fileURLToPath(
  new URL("../../ffi/guard/guard.c", import.meta.url),
);
/** The module that is made of it. */
export const GUARD_MODULE: string = fileURLToPath(
  new URL("../../ffi/guard/mod.ts", import.meta.url),
);

const SECTION = ".text.entry";
const PAGE_BYTE_LENGTH = 4096;
/** Bytes a line of the module. */
const LINE_BYTE_LENGTH = 32;

/**
 * All that the bytes depend on beside the source and the compiler. Nothing of the machine is among
 * it, nor of the folder.
 */
const FLAGS = [
  ...["-std=gnu11", "-Os", "-march=x86-64", "-mtune=generic", "-mgeneral-regs-only"],
  ...["-ffreestanding", "-nostdlib", "-fPIC", "-fomit-frame-pointer", "-fno-toplevel-reorder"],
  ...["-fno-stack-protector", "-fcf-protection=none", "-fno-ident", "-fno-lto"],
  ...["-fno-asynchronous-unwind-tables", "-fno-unwind-tables"],
  ...["-Wall", "-Wextra", "-Wconversion", "-Werror"],
];

/** What the compiler made. */
export interface BuiltGuard {
  /** The compiler: `gcc 12.2.0`. */
  readonly compiler: string;
  /** The machine code, to be put at the start of a page. */
  readonly code: Uint8Array;
}

/**
 * Names the compiler.
 *
 * @returns Its name and version; `undefined` where there is none for x86-64, or no binutils.
 */
export async function guardCompiler(): Promise<string | undefined> {
  try {
    const { stdout: machine } = await run("gcc", ["-dumpmachine"]);
    const { stdout: version } = await run("gcc", ["-dumpfullversion"]);
    await run("objcopy", ["--version"]);
    return machine.startsWith("x86_64-") ? `gcc ${version.trim()}` : undefined;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Compiles the guard.
 *
 * @param directory An empty directory for what comes in between.
 * @returns Its bytes.
 * @throws {Error} If the compiler refuses the source, or what it made cannot be copied to any page.
 */
export async function buildGuard(directory: string): Promise<BuiltGuard> {
  const compiler = await guardCompiler();
  if (compiler === undefined) {
    throw new Error("Cannot build guard: there is no gcc for x86-64, or no objcopy; install both");
  }
  const object = join(directory, "guard.o");
  const binary = join(directory, "guard.bin");
  await run("gcc", [...FLAGS, "-c", GUARD_SOURCE, "-o", object]);
  await refuseMoreThanCode(object);
  await run("objcopy", ["-O", "binary", "-j", SECTION, object, binary]);
  const code = new Uint8Array(await readFile(binary));
  if (code.length > PAGE_BYTE_LENGTH) {
    throw new Error(`Cannot build guard: it has ${code.length} bytes, and must fit into a page`);
  }
  return { compiler, code };
}

/** What is copied is one section: anything that it needs beside it would be missing. */
async function refuseMoreThanCode(object: string): Promise<void> {
  const { stdout: relocations } = await run("objdump", ["-r", object]);
  if (/^[0-9a-f]+ /m.test(relocations)) {
    throw new Error(`Cannot build guard: it needs relocations\n${relocations}`);
  }
  const { stdout: sizes } = await run("size", ["-A", object]);
  const filled = [...sizes.matchAll(/^(\.\S+)\s+([1-9]\d*)/gm)].map(([, name]) => name);
  if (filled.length !== 1 || filled[0] !== SECTION) {
    throw new Error(`Cannot build guard: it has other sections than ${SECTION}: ${filled}`);
  }
}

/**
 * Writes the bytes down.
 *
 * @param built What the compiler made.
 * @returns Text of the module, formatted as the house formats.
 */
export function guardModule({ compiler, code }: BuiltGuard): string {
  const hex = Array.from(code, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const lines = hex.match(new RegExp(`.{1,${2 * LINE_BYTE_LENGTH}}`, "g")) ?? [];
  return `/**
 * The machine code of the SIGBUS guard for x86-64: \`guard.c\` beside it, compiled by ${compiler}.
 *
 * Made by \`deno task guard:build\`; a test compiles it again and compares.
 *
 * @module
 */

/** The compiler that made it. */
export const GUARD_COMPILER = ${JSON.stringify(compiler)};

/** Offset of the 16 bytes by which such code is known in memory. */
export const GUARD_MARK_AT = 16;

/** Offset of what a signal handler returns to. */
export const GUARD_RESTORER_AT = 32;

/** The bytes, for the start of a page; the handler is their first. */
export const GUARD_CODE: Uint8Array = bytesOf(\`
${lines.map((line) => `  ${line}`).join("\n")}
\`);

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/[0-9a-f]{2}/g) ?? [], (digits) => parseInt(digits, 16));
}
`;
}
