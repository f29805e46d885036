/**
 * Messages on standard output: as they are, in a format of tokens, in words or as JSON.
 *
 * @module
 */
import type { StoredMessage } from "../storage/mod.ts";
import { bodyFields } from "../storage/read/mod.ts";
import { refuseTogether, unescape } from "./arguments.ts";
import { UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { cutText } from "./table.ts";
import { countText, nameText, printable, timeText } from "./text.ts";

export interface FormatOptions {
  readonly format?: string;
  readonly long?: boolean;
  /** Whether a message in words is told to its end, however long that is. */
  readonly whole?: boolean;
}

/** Options of commands that print a few messages in words, or their bodies alone. */
export interface BodyOptions extends FormatOptions {
  readonly body?: boolean;
}

/** What a printer takes of the context. */
type PrinterContext = Pick<
  Context,
  "output" | "onTerminal" | "columnCount" | "options" | "noteCompressed"
>;

export type Printer = (message: StoredMessage) => void;

type Piece = (message: StoredMessage) => string | Uint8Array;

/** The tokens, for help texts: kcat's, and some more. */
export const FORMAT_HELP: string =
  "%t topic, %p queue, %o offset, %P position, %k keys, %a tags, %s body, " +
  "%S its length, %T storeTimestamp, %B bornTimestamp, %h properties, %% a %, \\n, \\t, \\xNN";

const PIECES: Readonly<Record<string, Piece>> = {
  t: (message) => message.topic,
  p: (message) => String(message.queueId),
  o: (message) => String(message.offset),
  P: (message) => String(message.position),
  k: (message) => message.keys.join(" "),
  a: (message) => message.tags ?? "",
  s: (message) => message.body,
  S: (message) => String(message.body.length),
  T: (message) => String(message.storeTimestamp),
  B: (message) => String(message.bornTimestamp),
  h: (message) => [...message.properties].map(([name, value]) => `${name}=${value}`).join(","),
  "%": () => "%",
};

/**
 * A printer in words, unless bodies alone are wanted, or a format.
 *
 * @throws {UsageError} If the format has an unknown token, or there is more than one form.
 */
export function makeWordPrinter(
  context: PrinterContext,
  { format, body, whole }: BodyOptions,
): Printer {
  refuseTogether({ "--json": context.options.json, "--format": format, "--body": body });
  const inWords = format === undefined && body !== true && context.options.json !== true;
  return makePrinter(context, { format, long: inWords, whole });
}

/**
 * Makes a printer; on a terminal it escapes control characters.
 *
 * @throws {UsageError} If the format has an unknown token, or there is more than one form.
 */
export function makePrinter(context: PrinterContext, options: FormatOptions): Printer {
  const { format, long } = options;
  refuseTogether({ "--json": context.options.json, "--format": format, "--long": long });
  const print = makePlainPrinter(context, options);
  return (message) => {
    print(message);
    context.noteCompressed(message);
  };
}

function makePlainPrinter(
  { output, onTerminal, columnCount, options: { json } }: PrinterContext,
  options: FormatOptions,
): Printer {
  if (json === true) return (message) => output.json(message.toJSON());
  if (options.format === undefined && options.long === true) {
    const width = options.whole === true ? Infinity : columnCount;
    return (message) => output.line(longText(message, width));
  }
  const pieces = parseFormat(options.format ?? "%s\\n");
  const decoder = new TextDecoder();
  return (message) => {
    for (const piece of pieces) {
      const data = typeof piece === "string" ? piece : piece(message);
      if (typeof piece === "string" || !onTerminal) output.write(data);
      else output.write(printable(typeof data === "string" ? data : decoder.decode(data), "\n\t"));
    }
  };
}

function parseFormat(format: string): (string | Piece)[] {
  return format.split(/(%.|%$)/s).filter((part) => part !== "").map((part) => {
    if (!part.startsWith("%")) return unescape(part);
    const piece = PIECES[part.slice(1)];
    if (piece !== undefined) return piece;
    throw new UsageError(`Cannot print ${JSON.stringify(part)}: the tokens are ${FORMAT_HELP}`);
  });
}

/** One message on one line, in words; what it is comes before what is cut. */
function longText(message: StoredMessage, width: number): string {
  const { topic, queueId, offset, position, tags, keys } = message;
  const { body, bodyBase64 } = bodyFields(message.body);
  const words = [
    timeText(message.storeTimestamp),
    `${nameText(topic)}/${queueId}`,
    `offset ${offset}`,
    `position ${position}`,
    ...(tags === undefined ? [] : [`tags ${nameText(tags)}`]),
    ...(keys.length === 0 ? [] : [`keys ${keys.map(nameText).join(" ")}`]),
    countText(message.body.length, "byte"),
  ];
  const shown = body === undefined ? `base64 ${bodyBase64}` : printable(body);
  return cutText(`${words.join(", ")}: ${shown}`, width);
}
