/**
 * `streambed doctor`: this machine and this directory, each thing judged. It changes nothing.
 *
 * @module
 */
import { resolve } from "node:path";
import type { Command } from "npm:commander@15.1.0";
import { EMBEDDED_GEOMETRY, type Geometry, type StoreInfo } from "../storage/mod.ts";
import { CommandError, EXIT_ERROR } from "./cli_error.ts";
import type { Context, GlobalOptions } from "./context.ts";
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
import { isIndexAssumed } from "./index_division.ts";
import { withReader } from "./open_store.ts";
import { printable } from "./text.ts";

const QUEUE_ENTRY_BYTE_LENGTH = 20;

export function addDoctor(
  program: Command,
  context: Context,
  exitWith: (code: number) => void,
): void {
  program.command("doctor")
    .description(
      "judge runtime, permissions, limits, file system and kernel settings; change nothing",
    )
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      const info = await storeInfo(context, options);
      const geometry = "geometry" in info ? info.geometry : undefined;
      const verdicts = await examine(context, options, info, geometry ?? EMBEDDED_GEOMETRY);
      const isAssumed = geometry !== undefined && await isIndexAssumed(context, options, geometry);
      const broker = geometry && brokerSettings(geometry, logPaths(context, options), isAssumed);
      if (options.json === true) context.output.json({ verdicts, broker: broker ?? null });
      else print(context, verdicts, broker);
      if (verdicts.some(({ state }) => state === "bad")) exitWith(EXIT_ERROR);
    });
}

/** What the store says of itself, or why it says nothing. */
async function storeInfo(
  context: Context,
  options: GlobalOptions,
): Promise<StoreInfo | { readonly error: Error & { readonly code?: string } }> {
  try {
    return await withReader(context, { ...options, quiet: true }, (store) => {
      return Promise.resolve(store.info);
    });
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof Error) return { error };
    throw error;
  }
}

async function examine(
  context: Context,
  options: GlobalOptions,
  info: Awaited<ReturnType<typeof storeInfo>>,
  { segmentByteLength }: Geometry,
): Promise<Verdict[]> {
  const { libc } = await context.environment();
  const path = context.directory(options);
  return [
    ...judgeRuntime(libc),
    ...judgePermissions(libc, path),
    ...judgeLimits(libc, segmentByteLength),
    ...judgeDirectory(libc, path, segmentByteLength),
    ...logPaths(context, options).flatMap((name) => judgeDirectory(libc, name, segmentByteLength)),
    ...judgeGuard(libc, path, options.logDirectories),
    ...("error" in info ? failureOf(info.error) : judgeStore(info)),
    ...kernelFacts(),
    ...judgeKernel(),
  ];
}

/** A directory without a store is not a fault; the directory itself is judged apart. */
function failureOf(error: Error & { readonly code?: string }): Verdict[] {
  const isMissing = error instanceof CommandError;
  return [{ name: "store", value: error.message, state: isMissing ? "fact" : "bad" }];
}

/** The log's segments, if not in `commitlog`. */
function logPaths(context: Context, options: GlobalOptions): string[] {
  const root = context.directory(options);
  return (options.logDirectories ?? []).map((name) => resolve(root, name));
}

/**
 * Names of a broker's `MessageStoreConfig` that it needs to open the directory; `null` if unknown.
 */
function brokerSettings(
  geometry: Geometry,
  logPaths: readonly string[],
  isIndexAssumed: boolean,
): Readonly<Record<string, number | string | null>> {
  const { indexSlotCount, indexEntryCount } = geometry;
  return {
    ...(logPaths.length === 0 ? {} : { storePathCommitLog: logPaths.join(",") }),
    mappedFileSizeCommitLog: geometry.segmentByteLength,
    mappedFileSizeConsumeQueue: geometry.queueEntryCount * QUEUE_ENTRY_BYTE_LENGTH,
    maxHashSlotNum: isIndexAssumed ? null : indexSlotCount,
    maxIndexNum: isIndexAssumed ? null : indexEntryCount,
    maxMessageSize: geometry.maxBodyByteLength,
  };
}

function print(
  { output, colours }: Context,
  verdicts: readonly Verdict[],
  broker: Readonly<Record<string, number | string | null>> | undefined,
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
  if (broker === undefined) return;
  output.line("");
  output.line("To open this directory a RocketMQ broker must be told:");
  for (const [name, value] of Object.entries(broker)) {
    const words = value === null
      ? "  as in the configuration that made the index files: nothing in them tells"
      : `=${value}`;
    output.line(`  ${name}${words}`);
  }
}
