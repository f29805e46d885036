/**
 * Offsets and state as bytes: a line of JSON, then the state.
 *
 * `devalue` writes structured state as text, if it will come back as it was
 * (docs/decisions/0030-checkpoint-state-encoding.md says why `devalue`).
 *
 * @module
 */
import { parse } from "npm:devalue@6.0.3";
import { showArgument } from "../../storage/mod.ts";
import { checkBytes, isOverflow, stringifyState } from "./state_text.ts";
import type { Checkpoint, SourceOffsets } from "./types.ts";

export const PAYLOAD_FORMAT = 1;

const LINE_FEED = 10;
/** What a state may hold that not every runtime has. */
const NOT_EVERYWHERE: readonly (readonly [name: string, isThere: () => boolean])[] = [
  ["Float16Array", () => typeof Float16Array !== "undefined"],
  ["Temporal", () => typeof Temporal !== "undefined"],
];

/** The first line. */
interface Header {
  readonly format: number;
  readonly encoding: "bytes" | "devalue";
  readonly positions: SourceOffsets;
}

export type Payload = Pick<Checkpoint<unknown>, "offsets" | "state">;

/** The payload, or why it cannot be read. */
export type DecodedPayload =
  | { readonly kind: "payload"; readonly payload: Payload }
  | { readonly kind: "damaged"; readonly detail: string }
  | { readonly kind: "unsupported"; readonly format: number };

/**
 * Encodes offsets and state.
 *
 * @throws {TypeError} If the state cannot be stored.
 */
export function encodePayload({ offsets, state }: Payload): Uint8Array<ArrayBuffer> {
  const isBytes = ArrayBuffer.isView(state) && state instanceof Uint8Array;
  if (isBytes) checkBytes(state);
  const header: Header = {
    format: PAYLOAD_FORMAT,
    encoding: isBytes ? "bytes" : "devalue",
    positions: offsets,
  };
  const line = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
  const body = isBytes ? state : new TextEncoder().encode(stringifyState(state));
  const bytes = new Uint8Array(line.length + body.length);
  bytes.set(line);
  bytes.set(body, line.length);
  return bytes;
}

export function decodePayload(bytes: Uint8Array): DecodedPayload {
  const end = bytes.indexOf(LINE_FEED);
  if (end < 0) return { kind: "damaged", detail: "it has no header line" };
  const header = parseHeader(bytes.subarray(0, end));
  if (header === undefined) return { kind: "damaged", detail: "its header line is damaged" };
  const { format, encoding, positions: offsets } = header;
  if (format !== PAYLOAD_FORMAT) return { kind: "unsupported", format };

  const body = bytes.slice(end + 1);
  if (encoding === "bytes") return { kind: "payload", payload: { offsets, state: body } };
  const text = new TextDecoder().decode(body);
  try {
    return { kind: "payload", payload: { offsets, state: parse(text) } };
  } catch (error) {
    return { kind: "damaged", detail: `its state cannot be parsed (${reasonOf(error, text)})` };
  }
}

/** Why a state cannot be parsed; it need not be the state's fault. */
function reasonOf(error: unknown, text: string): string {
  if (isOverflow(error)) return "it is nested too deep for the stack of this thread";
  for (const [name, isThere] of NOT_EVERYWHERE) {
    if (isThere() || !text.includes(`["${name}`)) continue;
    return `it holds ${name}, which this runtime does not have`;
  }
  return showArgument(String(error));
}

function parseHeader(line: Uint8Array): Header | undefined {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line));
    return isHeader(header) ? header : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function isHeader(value: unknown): value is Header {
  if (typeof value !== "object" || value === null) return false;
  const { format, encoding, positions } = value as Partial<Record<keyof Header, unknown>>;
  if (!Number.isSafeInteger(format)) return false;
  // What another format means by the rest is unknown here.
  if (format !== PAYLOAD_FORMAT) return true;
  return (encoding === "bytes" || encoding === "devalue") && isPositions(positions);
}

function isPositions(value: unknown): value is SourceOffsets {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((one) => typeof one === "string" || Number.isFinite(one));
}
