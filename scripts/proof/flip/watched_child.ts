/**
 * A process that must say something now and then.
 *
 * @module
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";

const SILENCE_MS = 600_000;

/**
 * Runs this runtime.
 *
 * @param args Its arguments.
 * @param onLine Gets each line that it prints.
 * @returns Why it failed, or `undefined`.
 */
export async function watchChild(
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<string | undefined> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const kill = () => void child.kill("SIGKILL");
  // Whoever is stopped does not leave it behind.
  process.once("exit", kill);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  let isSilent = false;
  let lineCount = 0;
  const end = () => {
    isSilent = true;
    kill();
  };
  let timer = setTimeout(end, SILENCE_MS);
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(timer);
    timer = setTimeout(end, SILENCE_MS);
    lineCount++;
    onLine(line);
  }
  clearTimeout(timer);
  const code = await ended;
  process.off("exit", kill);
  if (isSilent) return `hang, nothing for ${SILENCE_MS / 1000} s after ${lineCount} steps`;
  return code === 0 ? undefined : `exit code ${code} after ${lineCount} steps`;
}
