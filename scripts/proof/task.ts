/**
 * What the tasks that prove promises share: arguments, progress, the end.
 *
 * @module
 */
import { randomInt } from "node:crypto";
import { argv, exit, stderr } from "node:process";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { readArguments } from "../task_arguments.ts";

/** Description of the options of a task, all of them text or switches. */
export type TaskOptions = NonNullable<ParseArgsConfig["options"]>;

/**
 * Reads the arguments.
 *
 * @param options The options.
 * @param usage How the task is called.
 * @returns The text of each option that was given or has a default.
 */
export function readOptions(
  options: TaskOptions,
  usage: string,
): Readonly<Record<string, string | undefined>> {
  return readArguments(argv.slice(2), usage, (args) => {
    return parseArgs({ args, options }).values as Readonly<Record<string, string | undefined>>;
  });
}

/**
 * Reads a number of rounds.
 *
 * @param text What was given.
 * @returns A whole number from 1.
 */
export function countOption(text: string | undefined): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  return finish(2, `Cannot repeat ${JSON.stringify(text)} times: give a whole number from 1`);
}

/**
 * Reads a seed, or draws one.
 *
 * @param text What was given.
 * @returns The seed.
 */
export function seedOption(text: string | undefined): number {
  const seed = text === undefined ? randomInt(2 ** 31) : Number(text);
  if (Number.isSafeInteger(seed)) return seed;
  return finish(2, `Cannot start from seed ${JSON.stringify(text)}: give a whole number`);
}

/**
 * Reads one of several words.
 *
 * @param name Name of the option.
 * @param text What was given.
 * @param allowed The words.
 * @returns The word.
 */
export function oneOf<T extends string>(
  name: string,
  text: string | undefined,
  allowed: readonly T[],
): T {
  const found = allowed.find((word) => word === text);
  const words = allowed.join(", ");
  return found ??
    finish(2, `Cannot take ${JSON.stringify(text)} as --${name}: give one of ${words}`);
}

/**
 * Reads which write paths to take.
 *
 * @param text What was given; both when left out.
 * @returns The paths.
 */
export function pathsOption(text: string | undefined): readonly ("staged" | "mapped")[] {
  const paths = ["staged", "mapped"] as const;
  return text === undefined ? paths : [oneOf("path", text, paths)];
}

/**
 * Ends the task.
 *
 * @param code 0 if everything is as promised, 1 if not, 2 if it could not be tried.
 * @param line What to say last.
 */
export function finish(code: 0 | 1 | 2, line: string): never {
  if (code === 0) console.log(line);
  else console.error(line);
  exit(code);
}

/** Shows progress to somebody who watches. */
export class Ticker {
  readonly #label: string;
  readonly #count: number;

  /**
   * Starts at nothing.
   *
   * @param label What is done.
   * @param count How many times.
   */
  constructor(label: string, count: number) {
    this.#label = label;
    this.#count = count;
  }

  /** So many are done. */
  tick(done: number): void {
    if (stderr.isTTY) stderr.write(`\r${this.#label} ${done}/${this.#count} `);
  }

  /** Makes room for the result. */
  end(): void {
    if (stderr.isTTY) stderr.write("\r\u001b[K");
  }
}
