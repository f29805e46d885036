/**
 * Type-checks programs: with the types of each Node, all declarations included, and with Deno.
 *
 * @module
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TemporaryDirectory } from "../../harness/support/temp_dir.ts";
import type { Block } from "./find_blocks.ts";
import { describe, type Outcome, run } from "./run.ts";
import type { Finding, Job } from "./run_programs.ts";
import { DENO, type Workshop } from "./workshop.ts";

const COMPILER_OPTIONS = {
  strict: true,
  noEmit: true,
  target: "es2022",
  lib: ["esnext"],
  module: "nodenext",
  moduleResolution: "nodenext",
  isolatedModules: true,
  allowImportingTsExtensions: true,
  allowJs: true,
  checkJs: true,
  skipLibCheck: false,
  types: ["node"],
};
/** How both compilers name a place in a file that {@linkcode fileNames} has named. */
const PLACE = /(?:file:\/\/\S*\/)?block(\d+)\.m?[tj]s(?:\((\d+),\d+\)|:(\d+):\d+)/g;

/**
 * Makes what is to be done.
 *
 * @param workshop What it is done with.
 * @param programs The programs.
 * @returns A check by each compiler with each set of types; all programs at once, each a module.
 */
export function typeChecks(
  workshop: Workshop,
  programs: readonly Block[],
): Job[] {
  const withNode = [...workshop.typeRoots].map(([version, typeRoot]) => async () => {
    await using folder = await writeAll(workshop, programs, "node24");
    const cwd = folder.path;
    const compilerOptions = { ...COMPILER_OPTIONS, typeRoots: [typeRoot] };
    const files = fileNames(programs);
    await writeFile(join(cwd, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    const outcome = await workshop.compile(cwd, ["--project", "tsconfig.json"]);
    return findings(programs, `tsc (Node ${version})`, outcome);
  });
  return [...withNode, async () => {
    await using folder = await writeAll(workshop, programs, DENO);
    const command = [workshop.program(DENO), "check", "--quiet", ...fileNames(programs)];
    const options = { cwd: folder.path, env: workshop.env };
    return findings(programs, "deno check", await run(command, options));
  }];
}

async function writeAll(
  workshop: Workshop,
  programs: readonly Block[],
  runtime: string,
): Promise<TemporaryDirectory> {
  const folder = await workshop.folderFor(runtime);
  const names = fileNames(programs);
  await Promise.all(programs.map(({ text }, at) => writeFile(join(folder.path, names[at]), text)));
  return folder;
}

function fileNames(programs: readonly Block[]): string[] {
  return programs.map(({ language }, at) => `block${at}.${language === "js" ? "mjs" : "ts"}`);
}

/**
 * Reads what a compiler says of programs.
 *
 * @param programs The programs, in the order in which their files are numbered.
 * @param what Which check it was.
 * @param outcome How the compiler ended.
 * @returns A finding for each program; one more where it fails and names none of them.
 */
export function findings(programs: readonly Block[], what: string, outcome: Outcome): Finding[] {
  if (outcome.code === 0) return programs.map(({ file, line }) => ({ file, line, what }));
  const problems = new Map<Block, string>();
  const places = [...`${outcome.stdout}${outcome.stderr}`.matchAll(PLACE)];
  const said = describe({
    ...outcome,
    stdout: translate(programs, outcome.stdout),
    stderr: translate(programs, outcome.stderr),
  });
  for (const [, at] of places) problems.set(programs[Number(at)], said);
  if (places.length === 0) return [{ ...programs[0], what, problem: said }];
  return programs.map((block) => {
    const { file, line } = block;
    return { file, line, what, problem: problems.get(block) };
  });
}

/** Puts places of pages where places of files are. */
function translate(programs: readonly Block[], text: string): string {
  return text.replaceAll(PLACE, (_, at, ofTsc, ofDeno) => {
    const { file, line } = programs[Number(at)];
    return `${file}:${line + Number(ofTsc ?? ofDeno) - 1}`;
  });
}
