/**
 * Makes the npm package and the command line as one file, and has both judged.
 *
 * `deno task package` writes `dist/streambed-log-VERSION.tgz` and `dist/streambed.js`.
 *
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { checkArchive } from "./package/check_package.ts";
import { makePackage, type NpmPackage } from "./package/make_package.ts";
import { readArguments } from "./task_arguments.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const USAGE = `deno task package [--out DIR] [--repository URL]

  --out DIR          where to write, dist when left out
  --repository URL   address of the repository, for package.json; npm wants it for provenance`;

async function write({ name, version, archive, program }: NpmPackage, out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const file = `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
  await writeFile(join(out, file), archive);
  await writeFile(join(out, "streambed.js"), program, { mode: 0o755 });
  console.log(`${join(out, file)}  ${archive.byteLength} bytes`);
  console.log(`${join(out, "streambed.js")}  ${program.byteLength} bytes`);
}

interface Request {
  readonly out: string;
  readonly repository?: string;
}

function parseRequest(args: string[]): Request {
  const { values } = parseArgs({
    args,
    options: { out: { type: "string", default: "dist" }, repository: { type: "string" } },
  });
  return { out: resolve(values.out), repository: values.repository };
}

async function main(args: string[]): Promise<number> {
  const request = readArguments(args, USAGE, parseRequest);
  const made = await makePackage({ root: ROOT, repository: request.repository });
  const unpacked = [...made.files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  console.log(`${made.name}@${made.version}: ${made.files.size} files, ${unpacked} bytes unpacked`);
  await write(made, request.out);
  const { remarks, problems } = await checkArchive(made.archive);
  for (const remark of remarks) console.log(remark);
  for (const problem of problems) console.log(`not good: ${problem}`);
  if (problems.length === 0) console.log("publint and attw say what is known, and nothing else");
  return problems.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
