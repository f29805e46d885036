/**
 * `config/delayOffset.json`: how far the delayed messages of each level are delivered.
 *
 * Reproduces what `ScheduleMessageService` of RocketMQ 5.x reads and writes.
 *
 * @module
 */
import { DELAY_LEVELS_MS, DELAY_OFFSETS_FILE, isUnsigned } from "../layout/mod.ts";
import { type BrokerFiles, OFFSET_TABLE } from "./broker_files.ts";
import type { BrokerObject } from "./broker_json.ts";
import { ConfigFile, type ConfigFileOptions } from "./config_file.ts";

/** Offsets of the levels, which begin at 1. */
export class DelayOffsets extends ConfigFile {
  constructor(files: BrokerFiles, options: ConfigFileOptions) {
    super(files, DELAY_OFFSETS_FILE, options);
  }

  /** Whether all that the file says can be understood. */
  get isKnown(): boolean {
    return this.isWhole &&
      [...this.#table()].every(([level, offset]) =>
        Number.isInteger(Number(level)) && typeof offset === "number" && isUnsigned(offset)
      );
  }

  /** The offset of a level that is delivered next; `undefined` if the file does not say. */
  get(level: number): number | undefined {
    const table = this.#table();
    const offset = table.get(level) ?? table.get(`${level}`);
    return typeof offset === "number" && isUnsigned(offset) ? offset : undefined;
  }

  set(level: number, offset: number): void {
    if (this.get(level) === offset) return;
    const table = this.#table();
    table.delete(`${level}`);
    table.set(level, offset);
    this.touch();
  }

  /** The levels that the file knows, in order. */
  levels(): number[] {
    return DELAY_LEVELS_MS.map((_, index) => index + 1)
      .filter((level) => this.get(level) !== undefined);
  }

  #table(): BrokerObject {
    return this.object(this.root, OFFSET_TABLE);
  }
}
