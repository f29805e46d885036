/**
 * Runs the Deno that runs the gate as a child, so that no `deno` need be on the path.
 *
 * @module
 */
import type { TestRun } from "./counts.ts";

/** Where and with what a child runs. */
export interface DenoChildOptions {
  /** Working directory. */
  readonly cwd: string;
  /** Variables added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs `deno` with `args`, passing on what it writes as it comes.
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
  const [stdout, status] = await Promise.all([passOn(child.stdout), child.status]);
  return { code: status.code, stdout };
}

async function passOn(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    await writeAll(chunk);
  }
  return text + decoder.decode();
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
