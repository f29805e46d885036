/**
 * Rows of scenes that were never played.
 *
 * @module
 */
import type { Row, SceneResult } from "../../../scripts/bench/play.ts";
import type { Run } from "../../../scripts/bench/run.ts";

/** A row that was always as fast. */
export function row(name: string, rate: number, more: Partial<Row> = {}): Row {
  return {
    name,
    kind: "ours",
    rate: { min: rate, median: rate, max: rate },
    cpuMicros: 1,
    minorFaults: 2,
    majorFaults: 0,
    writtenByteLength: 1024,
    memoryByteLength: 1024 * 1024,
    ...more,
  };
}

/** A scene with some rows. */
export function scene(id: string, rows: readonly Row[]): SceneResult {
  return { id, title: `title of ${id}`, unit: "messages", rows };
}

/** A run of some scenes. */
export function run(scenes: readonly SceneResult[], more: Partial<Run> = {}): Run {
  return {
    day: "2026-11-30",
    machine: { cores: 2, kernel: "6.18", fileSystem: "ext4", runtime: "Deno 2.9.6", load: 0.2 },
    peers: [{ name: "lmdb", version: "3.5.6" }, { name: "Kafka", missing: "kafka needs java" }],
    rounds: 5,
    seconds: 0.4,
    isQuick: false,
    touched: { byteLength: 12e9, seconds: 6 },
    isCompared: false,
    scenes,
    goals: [],
    ...more,
  };
}
