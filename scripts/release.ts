/**
 * Checks all that a release needs, and says what it would publish. It publishes nothing.
 *
 * `deno task release` is for a look at the tree as it is; with `--tag v1.2.3` it is strict, as the
 * release workflow runs it.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { runDeno } from "./gate/deno_child.ts";
import { checkArchive } from "./package/check_package.ts";
import { makePackage, type NpmPackage } from "./package/make_package.ts";
import { type JsrPackage, jsrPackage } from "./release/jsr_package.ts";
import { checkVersion } from "./release/version.ts";
import { readArguments } from "./task_arguments.ts";

const USAGE = `deno task release [--root DIR] [--tag TAG] [--without-gate]

  --root DIR       the project, the one of this script when left out
  --tag TAG        what is released: version, CHANGELOG.md and a clean tree must agree with it
  --without-gate   do not run the tests, because they were run`;

interface Request {
  readonly root: string;
  readonly tag?: string;
  readonly withoutGate: boolean;
}

function parseRequest(args: string[]): Request {
  const { values } = parseArgs({
    args,
    options: {
      root: { type: "string", default: fileURLToPath(new URL("../", import.meta.url)) },
      tag: { type: "string" },
      "without-gate": { type: "boolean", default: false },
    },
  });
  return { root: values.root, tag: values.tag, withoutGate: values["without-gate"] };
}

/** Everything that is wrong, a line each; tells on the way what would be published. */
async function examine({ root, tag, withoutGate }: Request): Promise<string[]> {
  const { version } = JSON.parse(await readFile(join(root, "deno.json"), "utf8"));
  const changelog = await readFile(join(root, "CHANGELOG.md"), "utf8");
  const problems = checkVersion({ version, changelog, tag });
  if (problems.length > 0) return problems;
  if (!withoutGate && await gateFails(root)) problems.push("deno task test has failed");

  if (tag !== undefined) problems.push(...await uncommitted(root));
  const jsr = await jsrPackage(root);
  // What JSR does not take cannot be packed either.
  if (jsr.problems.length > 0) return [...problems, ...jsr.problems];
  for (const { title, missing } of jsr.score) {
    if (missing !== undefined) problems.push(`JSR's score: ${title}: ${missing}`);
  }
  const npm = await makePackage({ root });
  const verdict = await checkArchive(npm.archive);
  problems.push(...verdict.problems);
  tell(npm, jsr);
  console.log("\nWhat publint and attw say:");
  for (const remark of verdict.remarks) console.log(`  ${remark}`);
  return problems;
}

async function gateFails(root: string): Promise<boolean> {
  const { code } = await runDeno(["run", "-A", join(root, "scripts/ok.ts")], { cwd: root });
  return code !== 0;
}

async function uncommitted(root: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)("git", ["status", "--porcelain"], { cwd: root });
  return stdout.split("\n").filter((line) => line !== "").map((line) => `not committed: ${line}`);
}

function tell({ name, version, files, archive, program }: NpmPackage, jsr: JsrPackage): void {
  const points = jsr.score.reduce((sum, item) => sum + item.points, 0);
  const most = jsr.score.reduce((sum, item) => sum + item.most, 0);
  const unpacked = [...files.values()].map((body) => body.byteLength);
  console.log(`
Would publish ${name} ${version}
  JSR   ${jsr.files.size} files, ${sum([...jsr.files.values()])} bytes; score ${points} of ${most}
  npm   ${files.size} files, ${sum(unpacked)} bytes, packed ${archive.byteLength}
  file  streambed.js, ${program.byteLength} bytes`);
  console.log("\nFiles for npm, without source maps:");
  for (const [path, body] of [...files].sort()) {
    if (!path.endsWith(".map")) console.log(`  ${`${body.byteLength}`.padStart(7)}  ${path}`);
  }
  console.log("\nFiles for JSR:");
  for (const [path, byteLength] of jsr.files) {
    console.log(`  ${`${byteLength}`.padStart(7)}  ${path}`);
  }
}

function sum(byteLengths: readonly number[]): number {
  return byteLengths.reduce((total, byteLength) => total + byteLength, 0);
}

async function main(args: string[]): Promise<number> {
  const request = readArguments(args, USAGE, parseRequest);
  const problems = await examine(request);
  console.log(problems.length === 0 ? "\nAll is well. Nothing was published." : "");
  for (const problem of problems) console.log(`not ready: ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
