/**
 * How far a long command is: a bar on standard error, if that is a terminal.
 *
 * @module
 */
import process from "node:process";
import { cutText } from "./table.ts";
import { lengthText } from "./text.ts";

const DRAW_INTERVAL_MS = 125;
const ERASE_REST = "\x1b[K";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";

/**
 * A line that is written over and over, if `isShown`; stop it before anything else is printed to
 * the terminal.
 */
export class Progress {
  readonly #title: string;
  readonly #isShown: boolean;
  readonly #unit: "bytes" | "steps";
  readonly #startedMs = performance.now();
  #drawnMs = -Infinity;

  constructor(title: string, isShown: boolean, unit: "bytes" | "steps") {
    this.#title = title;
    this.#isShown = isShown;
    this.#unit = unit;
  }

  /** In bytes, unless the progress counts something else; `note` is shown beside it. */
  update(done: number, total: number = 0, note: string = ""): void {
    const nowMs = performance.now();
    if (!this.#isShown || nowMs - this.#drawnMs < DRAW_INTERVAL_MS) return;
    this.#drawnMs = nowMs;
    const bar = barText(done, total, this.#unit);
    const parts = [bar, note, this.#rate(done)].filter((part) => part !== "");
    const line = cutText(`${this.#title} ${parts.join(", ")}`, lineLength());
    process.stderr.write(`${HIDE_CURSOR}\r${line}${ERASE_REST}`);
  }

  #rate(done: number): string {
    if (this.#unit === "steps") return "";
    return `${lengthText(done / Math.max(0.001, (performance.now() - this.#startedMs) / 1000))}/s`;
  }

  /** Takes the bar away. */
  stop(): void {
    if (this.#drawnMs !== -Infinity) process.stderr.write(`\r${ERASE_REST}${SHOW_CURSOR}`);
    this.#drawnMs = -Infinity;
  }
}

/** A longer line would wrap, and be left on the terminal. */
function lineLength(): number {
  return (process.stderr.columns || 80) - 1;
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
