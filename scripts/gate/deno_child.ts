/**
 * Runs the Deno that runs the gate as a child, so that no `deno` need be on the path.
 *
 * @module
 */
import type { TestRun } from "./counts.ts";

/**
 * No test and no check comes near it, however loaded a machine is: what says nothing for so long
 * waits for what never comes.
 */
const SILENCE_MS = 900_000;
/**
 * What the runner says of a test that does not end, again and again; each time after twice as long.
 */
const STILL_RUNNING = /^.*has been running for over .*$/gm;

/** Where and with what a child runs. */
export interface DenoChildOptions {
  /** Working directory. */
  readonly cwd: string;
  /** Variables added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * After how long without a word on standard output it is killed, ms; that tests are still running
   * is no word.
   *
   * @default {900_000}
   */
  readonly silenceMs?: number;
}

/**
 * Runs `deno` with `args`, passing on what it writes as it comes. A child that hangs is killed.
 *
 * @param args Arguments of `deno`.
 * @param options Working directory and environment.
 * @returns The exit code, and a copy of standard output.
 */
export async function runDeno(
  args: readonly string[],
  options: DenoChildOptions,
): Promise<TestRun> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: options.cwd,
    env: { ...colorChoice(), ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  });
  const child = command.spawn();
  const over = new AbortController();
  let isRunning = true;
  const ended = child.status.finally(() => isRunning = false);
  const silence = new Silence(options.silenceMs ?? SILENCE_MS, () => {
    over.abort();
    if (isRunning) child.kill("SIGKILL");
  });
  const [stdout, status] = await Promise.all([
    passOn(child.stdout, over.signal, (text) => silence.hear(text)),
    ended,
  ]);
  silence.end();
  const { code } = status;
  if (!over.signal.aborted) return { code, stdout };
  return { code, stdout, problem: `it was killed after ${silence.ms / 1000} s without a word` };
}

/** Waits for the next word, but not for ever. */
class Silence {
  readonly ms: number;
  readonly #onEnd: () => void;
  #timer: ReturnType<typeof setTimeout>;

  constructor(ms: number, onEnd: () => void) {
    this.ms = ms;
    this.#onEnd = onEnd;
    this.#timer = setTimeout(onEnd, ms);
  }

  hear(text: string): void {
    if (text.replace(STILL_RUNNING, "").trim() === "") return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onEnd, this.ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * A process that the child left behind may hold its standard output: once it is over, nothing more
 * is waited for.
 */
async function passOn(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  over: AbortSignal,
  hear: (text: string) => void,
): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  over.addEventListener("abort", () => void reader.cancel(), { once: true });
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return text + decoder.decode();
    const heard = decoder.decode(value, { stream: true });
    hear(heard);
    text += heard;
    await writeAll(value);
  }
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) {
    written += await Deno.stdout.write(bytes.subarray(written));
  }
}

/** The child writes to a pipe; whether colors are wanted is for the gate's own output to say. */
function colorChoice(): Record<string, string> {
  if (Deno.noColor || !Deno.stdout.isTerminal()) return { NO_COLOR: "1" };
  return { FORCE_COLOR: "1" };
}
