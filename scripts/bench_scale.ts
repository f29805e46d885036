/**
 * What needs tens of gigabytes: `deno task bench:scale`.
 *
 * Two rounds, ours and the peers that do best there, each turn in a process of its own. Output and
 * exit codes are those of `deno task bench`.
 *
 * @module
 */
import { mkdirSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { type BenchOptions, positive } from "./bench/bench_options.ts";
import { benchIn } from "./bench/bench_in.ts";
import { neededByteLength, scaleScenes } from "./bench/scenes/scale_scenes.ts";
import { readArguments } from "./task_arguments.ts";

const GIGABYTES = 40;
const ROUNDS = 2;
/** Seconds of a turn that lasts as long as it is told. */
const SECONDS = 1;

const USAGE = `deno task bench:scale [option]...

  --gigabytes G  bodies of the largest store (default ${GIGABYTES}); ${
  GIGABYTES / 4
} GB are written in the background, ${GIGABYTES / 8} GB one by
                 one, ${GIGABYTES / 16} GB recovered, or the same parts of what is given
  --only SCENE   only this scene; can be given again (default all):
                 ${scaleScenes(1).map(({ id }) => id).join(", ")}
  --rounds N     rounds (default ${ROUNDS})
  --dir DIR      where the data go, in a new directory that is removed (default the system's temporary one)
  --json         one JSON object on standard output, what is told meanwhile on standard error
  --markdown     tables in Markdown on standard output
  --strict       exit code 1 if a goal is missed

All of it takes about half an hour and 50 GB of the disk, which must be free.`;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const { options, needed } = readArguments(args, USAGE, parseOptions);
  const parent = options.dir ?? tmpdir();
  mkdirSync(parent, { recursive: true });
  const { bavail, bsize } = statfsSync(parent);
  if (bavail * bsize < needed) {
    const [free, asked] = [bavail * bsize, needed].map((bytes) => (bytes / 1e9).toFixed(1));
    console.error(
      `Cannot start the benchmark: ${parent} has ${free} GB free, and it needs ${asked} GB; ` +
        "take another --dir or fewer --gigabytes",
    );
    return 1;
  }
  return await benchIn(options);
}

function parseOptions(
  args: string[],
): { readonly options: BenchOptions; readonly needed: number } {
  const { values } = parseArgs({
    args,
    options: {
      gigabytes: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      rounds: { type: "string" },
      dir: { type: "string" },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      strict: { type: "boolean", default: false },
    },
  });
  const { only, dir, json, markdown, strict } = values;
  if (json && markdown) {
    throw new TypeError("Cannot start the benchmark: one of --json, --markdown");
  }
  const gigabytes = positive("--gigabytes", values.gigabytes, GIGABYTES, false);
  const scenes = scaleScenes(gigabytes);
  const unknown = only.find((name) => !scenes.some(({ id }) => id === name));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot start the benchmark: no scene is "${unknown}"`);
  }
  return {
    needed: neededByteLength(gigabytes),
    options: {
      rounds: positive("--rounds", values.rounds, ROUNDS, true),
      seconds: SECONDS,
      messageCount: Infinity,
      scenes: only.length === 0 ? scenes : scenes.filter(({ id }) => only.includes(id)),
      compare: undefined,
      isQuick: false,
      // All that is free: the page cache takes whatever there is.
      touchedByteLength: gigabytes * 1e9,
      dir,
      output: json ? "json" : markdown ? "markdown" : "text",
      isStrict: strict,
    },
  };
}
