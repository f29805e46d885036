/**
 * `streambed doctor`: this machine and this directory, each thing judged. It changes nothing.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Command } from "npm:commander@15.1.0";
import { loadLz4 } from "../ffi/mod.ts";
import { openRoot } from "../storage/directory/mod.ts";
import { EMBEDDED_GEOMETRY, type Geometry, type StoreInfo } from "../storage/mod.ts";
import { CommandError, EXIT_ERROR } from "./cli_error.ts";
import type { Context } from "./context.ts";
import {
  type BrokerSetting,
  brokerSettings,
  judgeDirectory,
  judgeGuard,
  judgeKernel,
  judgeLimits,
  judgeLz4,
  judgePermissions,
  judgeRuntime,
  judgeStore,
  kernelFacts,
  settingLine,
  type Verdict,
} from "./doctor/mod.ts";
import { failureText } from "./failure_text.ts";
import { fold, othersText } from "./fold.ts";
import { indexBasis } from "./index_division.ts";
import { withReader } from "./open_store.ts";
import { wrapText } from "./table.ts";
import { printable } from "./text.ts";

/** How far what belongs to a verdict stands to the right. */
const INDENT = "      ";

export function addDoctor(program: Command, context: Context): void {
  program.command("doctor")
    .description(
      "judge runtime, permissions, limits, file system and kernel settings, and say what a " +
        "broker must be told to open the store; change nothing",
    )
    .action(async () => {
      // What there is to note is in a verdict.
      context.options = { ...context.options, quiet: true };
      const info = await storeInfo(context);
      const { geometry } = "geometry" in info ? info : { geometry: EMBEDDED_GEOMETRY };
      const verdicts = await examine(context, info, geometry);
      const settings = "geometry" in info ? await settingsFor(context, info) : null;
      const broker = settings &&
        Object.fromEntries(settings.map(({ name, value }) => [name, value]));
      context.result({ verdicts, broker }, () => print(context, verdicts, settings));
      if (verdicts.some(({ state }) => state === "bad")) context.exitCode = EXIT_ERROR;
    });
}

/** What the store says of itself, or why it says nothing. */
async function storeInfo(
  context: Context,
): Promise<StoreInfo | { readonly error: Error & { readonly code?: string } }> {
  try {
    return await withReader(context, (store) => store.info);
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof Error) return { error };
    throw error;
  }
}

async function examine(
  context: Context,
  info: Awaited<ReturnType<typeof storeInfo>>,
  { segmentByteLength }: Geometry,
): Promise<Verdict[]> {
  const { libc } = await context.environment();
  const path = context.directory;
  const { trustDirectory, logDirectories } = context.options;
  return [
    ...judgeRuntime(libc),
    judgeLz4(await loadLz4()),
    ...judgePermissions(libc, path),
    ...judgeLimits(libc, segmentByteLength),
    ...[path, ...logPaths(context)].flatMap((name) =>
      judgeDirectory(libc, name, { segmentByteLength, trustDirectory })
    ),
    ...judgeGuard(libc, path, { logDirectories, trustDirectory }),
    ...("error" in info ? failureOf(info.error) : judgeStore(info)),
    ...kernelFacts(),
    ...judgeKernel(),
  ];
}

/** A directory without a store is not a fault; the directory itself is judged apart. */
function failureOf(error: Error & { readonly code?: string }): Verdict[] {
  const isMissing = error instanceof CommandError;
  return [{ name: "store", value: failureText(error), state: isMissing ? "fact" : "bad" }];
}

/** The log's segments, if not in `commitlog`. */
function logPaths({ directory, options }: Context): string[] {
  return (options.logDirectories ?? []).map((name) => resolve(directory, name));
}

/** By what the files of the directory say. */
async function settingsFor(context: Context, info: StoreInfo): Promise<BrokerSetting[]> {
  const { libc } = await context.environment();
  const { trustDirectory } = context.options;
  const index = await indexBasis(context, info.geometry);
  const directory = openRoot(libc, context.directory, { trustDirectory });
  try {
    return brokerSettings(directory, { info, logPaths: logPaths(context), index });
  } finally {
    directory.close();
  }
}

function print(
  { output, colours, columnCount }: Context,
  verdicts: readonly Verdict[],
  settings: readonly BrokerSetting[] | null,
): void {
  const marks: Readonly<Record<Verdict["state"], string>> = {
    good: colours.green("good"),
    fair: colours.yellow("fair"),
    bad: colours.red("bad "),
    fact: "    ",
  };
  for (const folded of fold(verdicts, ({ name, value, state }) => `${state} ${name} ${value}`)) {
    const [{ name, value, state, why, change }] = folded;
    const others = othersText(folded, "streambed doctor --json");
    output.line(`${marks[state]}  ${name}: ${printable(value)}${others}`);
    for (const line of why === undefined ? [] : wrapText(why, columnCount - INDENT.length)) {
      output.line(`${INDENT}${line}`);
    }
    // Not broken: it is there to be pasted.
    if (change !== undefined) output.line(`${INDENT}${change}`);
  }
  if (settings === null) return;
  output.line("");
  output.line("To open this directory a RocketMQ broker must be told, in its broker.conf:");
  for (const setting of settings) output.line(`  ${settingLine(setting)}`);
}
