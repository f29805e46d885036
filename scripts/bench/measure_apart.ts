/**
 * Measuring in a process of its own.
 *
 * @module
 */

/**
 * Runs a script that prints what it has measured as JSON.
 *
 * @param what What it measures, for messages.
 * @param args Arguments of `deno run` after the grants: the script, and its own.
 * @returns What it printed.
 */
export async function measureApart<Figures>(
  what: string,
  args: readonly string[],
): Promise<Figures> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", ...args],
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`Cannot measure ${what}: the child failed, see above`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
