/**
 * Append, read and flush rates of every runtime in one run, as ratios to Deno's: `deno task
 * bench:runtimes`.
 *
 * Prints Markdown. The machine and the runtimes are named above the tables.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadLibc } from "../ffi/mod.ts";
import { ScriptChild } from "../harness/support/child.ts";
import { scriptCommand } from "../harness/support/runtime.ts";
import { describeMachine } from "./bench/machine.ts";
import { formatGoal } from "./bench/report.ts";
import { judgeRuntimes } from "./bench/runtimes/goals.ts";
import { playAll, type Player } from "./bench/runtimes/play.ts";
import { formatTables } from "./bench/runtimes/table.ts";
import {
  fillStore,
  type TurnId,
  type TurnRequest,
  type TurnResult,
} from "./bench/runtimes/turns.ts";
import { type PreparedRuntimes, prepareRuntimes } from "./runtimes/prepare.ts";
import { RUNTIMES } from "./runtimes/runtimes.ts";
import { readArguments } from "./task_arguments.ts";

const CHILD = "scripts/bench/runtimes/turn_child.ts";
const ROOT = fileURLToPath(new URL("../", import.meta.url));

const USAGE = `deno task bench:runtimes [option]...

  --rounds N    rounds that count, after one that warms up (default 5)
  --seconds S   how long each runtime works in a turn (default 0.5)
  --cpu         messages for a second of processor time: says more on a machine that others use, and nothing of flushes
  --dir DIR     where the data go, in a new directory that is removed (default the system's temporary one)
  --quick       everything once and tiny: shows that it works, measures nothing`;

const MESSAGE_COUNT = 300_000;
const QUICK_MESSAGE_COUNT = 2000;
const READ_COUNT = 100_000;

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly dir: string;
  readonly byCpu: boolean;
  readonly isQuick: boolean;
}

/**
 * A runtime that plays: each kind of turns in a process of its own, since what one leaves on the
 * heap slows the next.
 */
class ChildPlayer implements Player, AsyncDisposable {
  readonly name: string;
  readonly #command: readonly [string, ...string[]];
  readonly #directory: string;
  #child: ScriptChild | undefined;
  #id: TurnId | undefined;

  constructor(name: string, command: readonly [string, ...string[]], directory: string) {
    this.name = name;
    this.#command = command;
    this.#directory = directory;
  }

  async play(request: TurnRequest): Promise<TurnResult> {
    const child = await this.#childFor(request.id);
    child.say(JSON.stringify(request));
    const line = await child.nextLine();
    if (line !== undefined) return JSON.parse(line);
    const { stderr } = await child.wait();
    throw new Error(`Cannot play on ${this.name}: the process died\n${stderr}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child?.[Symbol.asyncDispose]();
  }

  async #childFor(id: TurnId): Promise<ScriptChild> {
    if (this.#child !== undefined && this.#id === id) return this.#child;
    await this.#child?.[Symbol.asyncDispose]();
    const [program, ...args] = this.#command;
    this.#id = id;
    return this.#child = new ScriptChild(spawn(program, args, { cwd: this.#directory }));
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  const options = readArguments(args, USAGE, parseOptions);
  mkdirSync(options.dir, { recursive: true });
  const directory = realpathSync(mkdtempSync(join(options.dir, "streambed-bench-")));
  try {
    await bench(options, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return 0;
}

function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "0.5" },
      cpu: { type: "boolean", default: false },
      dir: { type: "string", default: tmpdir() },
      quick: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds);
  const seconds = Number(values.seconds);
  if (!(Number.isSafeInteger(rounds) && rounds > 0 && seconds > 0)) {
    throw new RangeError("Cannot run benchmark: --rounds and --seconds must be greater than 0");
  }
  const { dir, cpu: byCpu, quick: isQuick } = values;
  const length = isQuick ? { rounds: 1, seconds: 0.01 } : { rounds, seconds };
  return { ...length, dir, byCpu, isQuick };
}

async function bench(options: Options, directory: string): Promise<void> {
  const { rounds, seconds, byCpu, isQuick } = options;
  await using prepared = await prepareRuntimes(ROOT);
  const time = byCpu ? "processor time" : "time by the clock";
  console.log(await describeRun(directory));
  console.log(
    `Messages of 1 KiB; ${rounds} rounds, ${seconds} s a turn, ${time}; min / median / max.\n`,
  );
  if (isQuick) console.log("--quick: these figures show that it works, and nothing else\n");

  const fullStore = join(directory, "full");
  await fillStore(fullStore, isQuick ? QUICK_MESSAGE_COUNT : READ_COUNT);
  await using stack = new AsyncDisposableStack();
  const players = startPlayers(prepared).map((player) => stack.use(player));
  const messageCount = isQuick ? QUICK_MESSAGE_COUNT : MESSAGE_COUNT;
  const scores = await playAll(
    players,
    { rounds, seconds, byCpu, messageCount, directory, fullStore },
    (text) => console.error(text),
  );
  console.log(formatTables(scores));
  console.log(["", ...judgeRuntimes(scores).map(formatGoal)].join("\n"));
}

/** The day, the machine, who else was at work on it, and the runtimes. */
async function describeRun(directory: string): Promise<string> {
  const { cores, kernel, fileSystem, runtime, load } = describeMachine(await loadLibc(), directory);
  const day = new Date().toISOString().slice(0, 10);
  const versions = RUNTIMES.map(({ name, version }) => `${name} ${version}`).join(", ");
  return `${day}: ${cores} cores (${cpus()[0].model}), Linux ${kernel}, ${fileSystem}, load ` +
    `${load.toFixed(1)} at the start; ${runtime}, ${versions}.`;
}

function startPlayers({ directory, programs }: PreparedRuntimes): ChildPlayer[] {
  const script = CHILD.replace(/\.ts$/, ".js");
  return [
    new ChildPlayer("deno", scriptCommand(CHILD), ROOT),
    ...Array.from(
      programs,
      ([name, program]) => new ChildPlayer(name, [program, script], directory),
    ),
  ];
}
