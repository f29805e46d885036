/**
 * Three ways to look for a broken promise: histories at random, a history that ends at each of its
 * calls, a history in which each of its calls fails.
 *
 * @module
 */
import { Choices } from "../machine/choices.ts";
import {
  canBeShort,
  errorsOf,
  INTERRUPTED,
  type SimCall,
  type SimVerdict,
} from "../machine/hooks.ts";
import { POWER_CUT_PROFILE_COUNT } from "../machine/power_cut.ts";
import { storeHistory, type StoreHistoryOptions } from "../history/store_history.ts";
import type { StorePlan } from "../history/store_plan.ts";
import type { StoreScript } from "../history/store_script.ts";

/** A write path. */
export type WritePath = "staged" | "mapped";

/** One history that an explorer asks for. */
export interface SimCase {
  /** Names it, so that it can be asked for again. */
  readonly place: string;
  /** What its choices start from. */
  readonly source: number | readonly number[];
  /** How it is run. */
  readonly options: Pick<StoreHistoryOptions, "writePath" | "errors" | "script">;
}

/** Which histories an exhaustive explorer asks for. */
export interface PlacesOptions {
  /** The history. */
  readonly script: StoreScript;
  /** Which write path. */
  readonly writePath: WritePath;
  /** Repeats all that is random. */
  readonly seed: number;
  /** Only every so-manieth call. */
  readonly stride: number;
  /** The bug that is planted; it may make calls of its own. */
  readonly bug?: StoreHistoryOptions["bug"];
  /** Whether a killed process is among the ends, and which profiles of power cuts. */
  readonly ends?: readonly SimEndName[];
}

/** How a history is ended: by `kill -9`, or by a power cut of that profile. */
export type SimEndName = "kill" | `cut ${number}`;

/** All ends. */
export const ALL_ENDS: readonly SimEndName[] = [
  "kill",
  ...Array.from({ length: POWER_CUT_PROFILE_COUNT }, (_, at) => `cut ${at}` as const),
];

/** One history a seed. */
export function* randomCases(
  from: number,
  to: number,
  options: SimCase["options"],
): Generator<SimCase> {
  const suffix = options.writePath === undefined ? "" : ` ${options.writePath}`;
  for (let seed = from; seed <= to; seed++) {
    yield { place: `seed ${seed}${suffix}`, source: seed, options };
  }
}

/** A history that is written down, with several seeds. */
export function* scriptedCases(
  script: StoreScript,
  seeds: readonly [from: number, to: number],
  paths: readonly WritePath[],
): Generator<SimCase> {
  for (const writePath of paths) {
    for (let seed = seeds[0]; seed <= seeds[1]; seed++) {
      yield { place: `${writePath} seed ${seed}`, source: seed, options: { writePath, script } };
    }
  }
}

/**
 * The history ends at each of its calls, in each way. Between calls that only look, nothing changes
 * that an end could leave: one of them stands for all.
 */
export async function sweepCases(options: PlacesOptions): Promise<SimCase[]> {
  const { script, writePath, seed, stride, ends = ALL_ENDS } = options;
  const all = await callsOf(options);
  const calls = all.filter(({ name, changeCount }, at) =>
    changeCount !== all[at - 1]?.changeCount || TORN.test(name)
  );
  return calls.filter((_, at) => at % stride === 0).flatMap(({ number }) =>
    ends.map((end) => {
      const verdict: SimVerdict = end === "kill" ? end : { cut: Number(end.slice(4)) };
      const place = `${writePath} call ${number} ${end} seed ${seed}`;
      return caseOf(place, options, interfere(script, (call) => call.number >= number, verdict));
    })
  );
}

/**
 * Each call of the history fails once, with each error that fits, or transfers little, or is
 * interrupted.
 */
export async function failureCases(options: PlacesOptions): Promise<SimCase[]> {
  const { script, writePath, seed, stride } = options;
  const calls = await callsOf(options);
  const faults = calls.flatMap((call) => faultsOf(call).map((verdict) => ({ call, verdict })));
  return faults.filter((_, at) => at % stride === 0).map(({ call, verdict }) => {
    const { number, name } = call;
    const what = "fail" in verdict ? verdict.fail : "short";
    const place = `${writePath} call ${number} ${name} ${what} seed ${seed}`;
    const isCall = (other: SimCall) => other.number === number;
    return caseOf(place, options, withErrors(interfere(script, isCall, verdict)));
  });
}

/**
 * The history on devices of every length, and with every number of descriptors, that it can make
 * something of.
 */
export function scarcityCases(
  options: Pick<PlacesOptions, "script" | "writePath" | "seed" | "stride">,
): SimCase[] {
  const { writePath, seed, stride } = options;
  const limited = (what: string, plan: Partial<StorePlan>) => {
    const script = withErrors(options.script);
    const place = `${writePath} ${what} seed ${seed}`;
    return caseOf(place, options, { ...script, plan: { ...script.plan, ...plan } as never });
  };
  const lengths = Array.from({ length: DEVICE_PAGES_MAX }, (_, at) => at + 1);
  const counts = Array.from({ length: DESCRIPTORS_MAX }, (_, at) => at + 4);
  return [
    ...lengths.map((count) => limited(`device of ${count} pages`, { devicePageCount: count })),
    ...counts.map((count) => limited(`${count} descriptors`, { descriptorLimit: count })),
  ].filter((_, at) => at % stride === 0);
}

const DEVICE_PAGES_MAX = 64;
const DESCRIPTORS_MAX = 36;

function caseOf(
  place: string,
  { writePath, seed }: Pick<PlacesOptions, "writePath" | "seed">,
  script: StoreScript,
): SimCase {
  return { place, source: seed, options: { writePath, script } };
}

function withErrors(script: StoreScript): StoreScript {
  return { ...script, plan: { ...script.plan, areErrorsExpected: true } };
}

/** Calls of which an end in the middle leaves a part. */
const TORN = /^(?:store|pwrite)/;

/** A call, and how often something had changed before it. */
interface CountedCall extends SimCall {
  readonly changeCount: number;
}

/** The calls that a history makes undisturbed, numbered from 0. */
async function callsOf({ script, writePath, seed, bug }: PlacesOptions): Promise<CountedCall[]> {
  const calls: CountedCall[] = [];
  const recording: StoreScript = {
    ...script,
    hook: (kernel) => {
      const first = kernel.callCount;
      return (call) => {
        calls.push({ ...call, number: call.number - first, changeCount: kernel.changeCount });
        return undefined;
      };
    },
  };
  const options = { writePath, script: recording, ...bug !== undefined && { bug } };
  const broken = await storeHistory(new Choices(seed), options);
  if (broken !== undefined) {
    throw new Error(`Cannot explore a history: undisturbed, it is ${broken}`);
  }
  return calls;
}

function interfere(
  script: StoreScript,
  isMeant: (call: SimCall) => boolean,
  verdict: SimVerdict,
): StoreScript {
  return {
    ...script,
    hook: (kernel) => {
      const first = kernel.callCount;
      let isDone = false;
      return (call) => {
        if (isDone || !isMeant({ ...call, number: call.number - first })) return undefined;
        isDone = true;
        return verdict;
      };
    },
  };
}

function faultsOf(call: SimCall): Exclude<SimVerdict, string | { readonly cut: number }>[] {
  if (call.kind === "store") return [];
  const errors = errorsOf(call.name).map((fail) => ({ fail }));
  const interrupted = errors.length > 0 ? [{ fail: INTERRUPTED }] : [];
  const short = canBeShort(call.name) && call.byteLength > 1 ? [{ limit: 1 }] : [];
  return [...errors, ...interrupted, ...short];
}
