/**
 * How far a long command is: a bar on standard error, and only where somebody looks at it.
 *
 * @module
 */
import process from "node:process";
// @deno-types="npm:@types/cli-progress@3.11.6"
import { SingleBar } from "npm:cli-progress@3.12.0";
import { lengthText } from "./text.ts";

/** Something that gets further. */
export interface Progress {
  /**
   * Tells how far it is.
   *
   * @param done What is done: bytes, unless the progress counts something else.
   * @param total All of it, where that is known.
   * @param note A few words beside it.
   */
  update(done: number, total?: number, note?: string): void;
  /** Takes the bar away. */
  stop(): void;
}

const SILENT: Progress = { update() {}, stop() {} };

/**
 * Starts a bar.
 *
 * @param title What is being done, in a word or two.
 * @param shown Whether to show anything at all.
 * @param unit What is counted: bytes, or steps of any kind.
 * @returns The progress; stop it before anything else is printed to the terminal.
 */
export function startProgress(
  title: string,
  shown: boolean,
  unit: "bytes" | "steps" = "bytes",
): Progress {
  return shown ? new Bar(title, unit) : SILENT;
}

class Bar implements Progress {
  readonly #bar: SingleBar;
  readonly #title: string;
  readonly #unit: "bytes" | "steps";
  readonly #startedMs = performance.now();
  #started = false;

  constructor(title: string, unit: "bytes" | "steps") {
    this.#title = title;
    this.#unit = unit;
    this.#bar = new SingleBar({
      format: (_options, params, payload) =>
        `${this.#title} ${barText(params.value, params.total, this.#unit)}, ${payload.note}`,
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stderr,
      fps: 8,
    });
  }

  update(done: number, total: number = 0, note: string = ""): void {
    const payload = { note: [note, this.#rate(done)].filter((part) => part !== "").join(", ") };
    if (!this.#started) this.#bar.start(total, done, payload);
    this.#started = true;
    if (total !== this.#bar.getTotal()) this.#bar.setTotal(total);
    this.#bar.update(done, payload);
  }

  #rate(done: number): string {
    if (this.#unit === "steps") return "";
    return `${lengthText(done / Math.max(0.001, (performance.now() - this.#startedMs) / 1000))}/s`;
  }

  stop(): void {
    if (this.#started) this.#bar.stop();
    this.#started = false;
  }
}

const BAR_LENGTH = 30;

function barText(done: number, total: number, unit: "bytes" | "steps"): string {
  const amount = unit === "bytes" ? lengthText : String;
  if (total <= 0) return amount(done);
  const share = Math.min(1, done / total);
  const full = Math.round(share * BAR_LENGTH);
  const bar = "█".repeat(full) + "░".repeat(BAR_LENGTH - full);
  return `${bar} ${Math.floor(share * 100)} %, ${amount(done)} of ${amount(total)}`;
}
