/**
 * Faults of the benchmark and the demo: figures and pictures that would not be true.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

/** Faults. */
export const BENCH_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "scripts/bench/statistics.ts",
    tests: ["tests/scripts/bench/statistics_test.ts"],
    faults: [{
      name: "bench-ratio",
      breaks: "a ratio is that of the medians",
      symbol: "ratioOfMedians",
      find: "rate.median / other.median",
      put: "rate.max / other.max",
    }],
  }),
  ...faultsOf({
    file: "scripts/bench/goals.ts",
    tests: ["tests/scripts/bench/goals_test.ts"],
    faults: [{
      name: "bench-goal-least",
      breaks: "a goal that is just reached is reached",
      symbol: "judgeGoals",
      find: "value >= (least ?? -Infinity)",
      put: "value > (least ?? -Infinity)",
    }, {
      name: "bench-together",
      breaks: "what two things take together is the sum of their times",
      symbol: "together",
      find: "rate * (1 / dropped + 1 / appended)",
      put: "rate / (dropped + appended)",
    }, {
      name: "bench-strict",
      breaks: "--strict fails where one goal is missed",
      symbol: "exitCodeOf",
      find: "goals.some(",
      put: "goals.every(",
    }, {
      name: "bench-memory",
      breaks: "memory of other stores is not ours",
      symbol: "Figures.memory",
      find: 'kind === "ours"',
      put: 'kind !== "floor"',
    }],
  }),
  ...faultsOf({
    file: "scripts/bench/play.ts",
    tests: ["tests/scripts/bench/play_test.ts"],
    faults: [{
      name: "bench-turns",
      breaks: "every contestant plays in every round",
      symbol: "playScene",
      find: "for (const tally of tallies) await",
      put: "for (const tally of tallies.slice(round % 2)) await",
    }, {
      name: "bench-first",
      breaks: "here and there take turns in who is first",
      symbol: "playRound",
      find: "round % 2 === 0 ?",
      put: "round >= 0 ?",
    }, {
      name: "bench-missing-peer",
      breaks: "a store that is missing is left out",
      symbol: "playScene",
      find: "name === peer && version !== undefined",
      put: "name === peer",
    }],
  }),
  ...faultsOf({
    file: "scripts/bench/run_program.ts",
    tests: ["tests/scripts/bench_test.ts"],
    faults: [{
      name: "bench-child-failed",
      breaks: "a child that fails makes the run fail",
      symbol: "runProgram",
      find: "if (output.success) return",
      put: "if (output.code !== 9) return",
    }],
  }),
  ...faultsOf({
    file: "scripts/bench/process_needs.ts",
    tests: ["tests/scripts/bench/process_needs_test.ts"],
    faults: [{
      name: "bench-memory-mapped",
      breaks: "memory is that of the process, whatever it is used for",
      symbol: "memoryOf",
      find: "RssAnon",
      put: "RssShmem",
    }, {
      name: "bench-watched",
      breaks: "a script is not measured instead of the store that it starts",
      symbol: "ProcessWatch.#look",
      find: "this.#programs?.includes(nameOf(leaf)) === false",
      put: "this.#programs?.length === 0",
    }],
  }),
  ...faultsOf({
    file: "scripts/bench/commit_scenes.ts",
    tests: ["tests/scripts/bench_commits_test.ts"],
    faults: [{
      name: "bench-commits-left",
      breaks: "a version that fails leaves no store behind",
      symbol: "measureTurns",
      find: "rmSync(parent, { recursive: true });",
      put: "if (sides.size === 2) rmSync(parent, { recursive: true });",
    }],
  }),
  ...faultsOf({
    file: "scripts/bench/chart.ts",
    tests: ["tests/scripts/bench/figures_test.ts"],
    faults: [{
      name: "bench-chart-length",
      breaks: "a bar is as long as its median",
      symbol: "lengthOf",
      find: '"messages" ? rate.median',
      put: '"messages" ? rate.max',
    }],
  }),
  ...faultsOf({
    file: "scripts/picture.ts",
    tests: ["tests/scripts/bench/figures_test.ts"],
    faults: [{
      name: "bench-chart-escape",
      breaks: "a name with < leaves the chart well formed",
      symbol: "escapeText",
      find: '.replaceAll("<", "&lt;")',
      put: "",
    }],
  }),
  ...faultsOf({
    file: "scripts/bench/comparison.ts",
    tests: ["tests/scripts/bench/figures_test.ts"],
    faults: [{
      name: "bench-unsynced",
      breaks: "what is answered before the sync is not shown as on the disk",
      symbol: "isUnsynced",
      find: "name.endsWith(UNSYNCED)",
      put: "name === UNSYNCED",
    }],
  }),
  ...faultsOf({
    file: "scripts/bench/work/server_clients.ts",
    tests: ["tests/scripts/bench/servers_test.ts"],
    faults: [{
      name: "bench-server-error",
      breaks: "what a server refuses does not count as appended",
      symbol: "connectRedis",
      find: 'line.startsWith("-") ? line.slice(1) : undefined',
      put: "undefined",
    }],
  }),
  ...faultsOf({
    file: "scripts/demo/kills_picture.ts",
    tests: ["tests/scripts/demo/kills_picture_test.ts"],
    faults: [{
      name: "demo-picture-marks",
      breaks: "the picture of the demo has a mark for each kill",
      symbol: "drawKills",
      find: "...killsOf(lives).map(",
      put: "...killsOf(lives).slice(1).map(",
    }],
  }),
  ...faultsOf({
    file: "scripts/demo/timeline.ts",
    tests: ["tests/scripts/demo/timeline_test.ts"],
    faults: [{
      name: "demo-missing",
      breaks: "the demo notices flights that were acknowledged and are gone",
      symbol: "missingAfterKills",
      find: "Math.max(0, saidCount - (found?.[1] ?? 0))",
      put: "0",
    }],
  }),
];
