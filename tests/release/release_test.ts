/**
 * `deno task release` on this tree, and the workflows that build and publish.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "npm:yaml@2.8.2";
import { ROOT } from "../support/examples.ts";

const WORKFLOWS = ".github/workflows";

/** Runs the task; gives its exit code and all that it said. */
async function release(...words: string[]): Promise<{ code: number; said: string }> {
  const args = ["run", "-A", "scripts/release.ts", "--without-gate", ...words];
  try {
    const { stdout } = await promisify(execFile)(Deno.execPath(), args, { cwd: ROOT });
    return { code: 0, said: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, said: stdout + stderr };
  }
}

Deno.test("deno task release finds this tree ready, says what it would publish, publishes nothing", async () => {
  const { code, said } = await release();
  assert.equal(code, 0, said);
  assert.match(said, /^Would publish @streambed\/log \d+\.\d+\.\d+$/m);
  assert.match(said, /^ {2}JSR {3}\d+ files, \d+ bytes; score 15 of 15$/m);
  assert.match(said, /^ {2}npm {3}\d+ files, \d+ bytes, packed \d+$/m);
  for (const file of ["mod.d.ts", "cli/mod.js", "bin/streambed.js", "storage/store.ts"]) {
    assert.match(said, new RegExp(`^ +\\d+ {2}${file.replaceAll(".", "\\.")}$`, "m"));
  }
  assert.match(said, /\nAll is well\. Nothing was published\.\n$/);
});

Deno.test("deno task release refuses a tag that is not the version", async () => {
  const { code, said } = await release("--tag", "v999.0.0");
  assert.equal(code, 1, said);
  assert.match(said, /^not ready: The tag is v999\.0\.0, for /m);
});

interface Workflow {
  readonly on: Readonly<Record<string, { readonly tags?: readonly string[] } | null>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly needs?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

async function readWorkflow(name: string): Promise<Workflow> {
  return parse(await readFile(join(ROOT, WORKFLOWS, name), "utf8"));
}

function commandsOf({ steps }: Job): string {
  return steps.map(({ run = "" }) => run).join("\n");
}

Deno.test("ci.yml runs the two commands of README.md", async () => {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const commands = [...readme.matchAll(/^(npx -y deno@\S+ .+?)(?: +#.*)?$/gm)].map(([, line]) =>
    line
  );
  assert.equal(commands.length, 2);
  const { jobs } = await readWorkflow("ci.yml");
  const run = Object.values(jobs).map(commandsOf).join("\n");
  for (const command of commands) assert.ok(run.includes(command), command);
});

Deno.test("release.yml publishes a checked tag to JSR and npm, with no secret", async () => {
  const text = await readFile(join(ROOT, WORKFLOWS, "release.yml"), "utf8");
  assert.doesNotMatch(text, /secrets\.|NODE_AUTH_TOKEN|_TOKEN/);
  const { on, permissions, jobs } = await readWorkflow("release.yml");
  assert.deepEqual(on, { push: { tags: ["v*"] } });
  assert.deepEqual(permissions, { contents: "read" });

  const { check, publish } = jobs;
  assert.match(commandsOf(check), /task test\n/);
  assert.match(commandsOf(check), /task release --without-gate --tag "\$GITHUB_REF_NAME"/);
  assert.equal(publish.needs, "check");
  assert.deepEqual(publish.permissions, { contents: "read", "id-token": "write" });
  const commands = commandsOf(publish);
  assert.match(commands, /deno publish/);
  assert.match(commands, /task package --repository/);
  const npm = /npm@(\d+)\.(\d+)\.(\d+)/.exec(commands)?.slice(1).map(Number);
  assert.ok(npm !== undefined && (npm[0] > 11 || (npm[0] === 11 && npm[1] * 100 + npm[2] >= 501)));
  assert.match(commands, /publish --provenance --access public dist\/streambed-log-\*\.tgz/);
});

Deno.test("workflows name every action by its major version", async () => {
  for (const name of ["ci.yml", "release.yml"]) {
    const { jobs } = await readWorkflow(name);
    const actions = Object.values(jobs).flatMap(({ steps }) =>
      steps.flatMap(({ uses }) => uses ?? [])
    );
    assert.ok(actions.length > 0);
    for (const action of actions) assert.match(action, /^[\w-]+\/[\w-]+@v\d+$/);
  }
});
