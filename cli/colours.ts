/**
 * Colours of words on a terminal.
 *
 * @module
 */
import process from "node:process";
import { styleText } from "node:util";

const STYLES = ["bold", "green", "red", "yellow"] as const;

/** Colours of words, none where they are not wanted. */
export type Colours = Readonly<Record<typeof STYLES[number], (text: string) => string>>;

/** Colours for standard output, if that is a terminal. */
export function makeColours(onTerminal: boolean): Colours {
  const isWanted = onTerminal && !process.env.NO_COLOR && !isDumb();
  const style = (name: typeof STYLES[number]) => (text: string) =>
    // Left to itself it asks for variables, for which Deno wants a permission.
    isWanted ? styleText(name, text, { validateStream: false }) : text;
  return Object.fromEntries(STYLES.map((name) => [name, style(name)])) as Colours;
}

/** Whether the terminal shows no colours; Deno would ask a person whether that may be known. */
function isDumb(): boolean {
  return process.versions.deno === undefined && process.env.TERM === "dumb";
}
