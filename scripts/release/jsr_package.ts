/**
 * What would go to JSR: found out by `deno publish --dry-run` and `deno doc`, which send nothing.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type DocumentedModule, jsrScore, type ScoreItem } from "./jsr_score.ts";

/** What was found out. */
export interface JsrPackage {
  /** Files by their path from the root, with their lengths in bytes. */
  readonly files: ReadonlyMap<string, number>;
  /** The score. */
  readonly score: readonly ScoreItem[];
  /** What `deno publish` finds wrong; empty when all is well. */
  readonly problems: readonly string[];
}

const PUBLISH = ["publish", "--dry-run", "--allow-dirty"];
const FILE_LINE = /^ +(file:\S+) \(/gm;

/**
 * Finds out what would be published of the tree as it is, committed or not.
 *
 * @param root Root of the project.
 * @returns What was found.
 */
export async function jsrPackage(root: string): Promise<JsrPackage> {
  const { code, stderr } = await deno(root, PUBLISH);
  const files = new Map<string, number>();
  for (const path of listedFiles(root, stderr)) {
    files.set(path, (await stat(join(root, path))).size);
  }
  const isPublishable = code === 0;
  const problems = isPublishable ? [] : [`deno publish: ${stderr.trim()}`];
  return { files, score: await scoreOf(root, isPublishable), problems };
}

/**
 * Lists the files that would be published, without a look at what is in them.
 *
 * @param root Root of the project.
 * @returns Their paths from the root.
 * @throws {Error} If `deno publish` finds something wrong all the same.
 */
export async function publishedFiles(root: string): Promise<string[]> {
  const { code, stderr } = await deno(root, [...PUBLISH, "--no-check"]);
  if (code === 0) return listedFiles(root, stderr);
  throw new Error(`Cannot list what is published of ${root}: ${stderr.trim()}`);
}

function listedFiles(root: string, said: string): string[] {
  return [...said.matchAll(FILE_LINE)].map(([, address]) => relative(root, fileURLToPath(address)));
}

async function scoreOf(root: string, isPublishable: boolean): Promise<ScoreItem[]> {
  const config = JSON.parse(await readFile(join(root, "deno.json"), "utf8"));
  const files = Object.values<string>(config.exports);
  const modules = await Promise.all(files.map((file) => documentation(root, file)));
  return jsrScore({
    readme: await readFile(join(root, "README.md"), "utf8"),
    description: config.description ?? "",
    modules: Object.assign({}, ...modules),
    isPublishable,
  });
}

/** One module at a time: of several, `deno doc` tells of a name that two export only once. */
async function documentation(
  root: string,
  file: string,
): Promise<Record<string, DocumentedModule>> {
  const { code, stdout, stderr } = await deno(root, ["doc", "--json", file]);
  if (code !== 0) throw new Error(`Cannot read the documentation of ${file}: ${stderr}`);
  const nodes: Record<string, DocumentedModule> = JSON.parse(stdout).nodes;
  return Object.fromEntries(
    Object.entries(nodes).map(([address, module]) => [
      relative(root, fileURLToPath(address)),
      module,
    ]),
  );
}

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function deno(cwd: string, args: readonly string[]): Promise<Outcome> {
  const env = { ...Deno.env.toObject(), NO_COLOR: "1" };
  const options = { cwd, env, maxBuffer: Infinity };
  try {
    return { code: 0, ...await promisify(execFile)(Deno.execPath(), args, options) };
  } catch (error) {
    const { code = 1, stdout = "", stderr = String(error) } = error as Partial<Outcome>;
    return { code, stdout, stderr };
  }
}
