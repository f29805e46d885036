/**
 * `streambed doctor`: this machine and this directory, each thing judged. It changes nothing.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Command } from "npm:commander@15.1.0";
import { EMBEDDED_GEOMETRY, type Geometry, type StoreInfo } from "../storage/mod.ts";
import { CommandError, EXIT_ERROR } from "./cli_error.ts";
import type { Context } from "./context.ts";
import {
  judgeDirectory,
  judgeGuard,
  judgeKernel,
  judgeLimits,
  judgePermissions,
  judgeRuntime,
  judgeStore,
  kernelFacts,
  type Verdict,
} from "./doctor/mod.ts";
import { failureText } from "./failure_text.ts";
import { isIndexAssumed } from "./index_division.ts";
import { withReader } from "./open_store.ts";
import { printable } from "./text.ts";

const QUEUE_ENTRY_BYTE_LENGTH = 20;

/** Names of a broker's `MessageStoreConfig` that it needs to open the directory. */
type BrokerSettings = Readonly<Record<string, number | string | null>>;

export function addDoctor(program: Command, context: Context): void {
  program.command("doctor")
    .description(
      "judge runtime, permissions, limits, file system and kernel settings; change nothing",
    )
    .action(async () => {
      // What there is to note is in a verdict.
      context.options = { ...context.options, quiet: true };
      const info = await storeInfo(context);
      const geometry = "geometry" in info ? info.geometry : undefined;
      const verdicts = await examine(context, info, geometry ?? EMBEDDED_GEOMETRY);
      const broker = geometry === undefined ? null : await brokerSettings(context, geometry);
      context.result({ verdicts, broker }, () => print(context, verdicts, broker));
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
  return [
    ...judgeRuntime(libc),
    ...judgePermissions(libc, path),
    ...judgeLimits(libc, segmentByteLength),
    ...[path, ...logPaths(context)].flatMap((name) =>
      judgeDirectory(libc, name, segmentByteLength)
    ),
    ...judgeGuard(libc, path, context.options.logDirectories),
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

/** What is `null` is unknown. */
async function brokerSettings(context: Context, geometry: Geometry): Promise<BrokerSettings> {
  const paths = logPaths(context);
  const isAssumed = await isIndexAssumed(context, geometry);
  return {
    ...(paths.length === 0 ? {} : { storePathCommitLog: paths.join(",") }),
    mappedFileSizeCommitLog: geometry.segmentByteLength,
    mappedFileSizeConsumeQueue: geometry.queueEntryCount * QUEUE_ENTRY_BYTE_LENGTH,
    maxHashSlotNum: isAssumed ? null : geometry.indexSlotCount,
    maxIndexNum: isAssumed ? null : geometry.indexEntryCount,
    maxMessageSize: geometry.maxBodyByteLength,
  };
}

function print(
  { output, colours }: Context,
  verdicts: readonly Verdict[],
  broker: BrokerSettings | null,
): void {
  const marks: Readonly<Record<Verdict["state"], string>> = {
    good: colours.green("good"),
    fair: colours.yellow("fair"),
    bad: colours.red("bad "),
    fact: "    ",
  };
  for (const { name, value, state, why, change } of verdicts) {
    output.line(`${marks[state]}  ${name}: ${printable(value)}`);
    if (why !== undefined) output.line(`      ${why}`);
    if (change !== undefined) output.line(`      ${change}`);
  }
  if (broker === null) return;
  output.line("");
  output.line("To open this directory a RocketMQ broker must be told:");
  for (const [name, value] of Object.entries(broker)) {
    const words = value === null
      ? "  as in the configuration that made the index files: nothing in them tells"
      : `=${value}`;
    output.line(`  ${name}${words}`);
  }
}
