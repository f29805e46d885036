/**
 * The file of a group in a queue in words: whose it is, both slots, the note, and who had it last.
 *
 * @module
 */
import { CLAIM_AT, CLAIM_BYTE_LENGTH, CLAIM_FORMAT_VERSION } from "../../storage/layout/mod.ts";
import { type ClaimPart, claimParts } from "../../storage/verify/mod.ts";
import { nameText, printable } from "../text.ts";
import type { ByteSource } from "./byte_source.ts";
import type { DumpLine, Json } from "./dump_line.ts";

/** Part by part. */
export function* dumpClaim(source: ByteSource): Generator<DumpLine> {
  const bytes = source.bytes(0, CLAIM_BYTE_LENGTH).slice();
  const { queue, version, slots, note } = claimParts(bytes);
  if (queue === undefined) yield otherHeadLine(version);
  else yield headLine(queue);
  for (const [slot, part] of slots.entries()) {
    yield partLine({ kind: "slot", slot }, `slot ${slot}`, part, (found) => {
      const { sequence, since, lowest, highest, next } = found;
      return `write ${sequence}, the group goes on at ${next}; ` +
        `from ${lowest} to ${highest} since write ${since}`;
    });
  }
  yield partLine({ kind: "note" }, "note", note, ({ sequence, offset }) => {
    return `a writer has taken over write ${sequence}, offset ${offset}`;
  });
  yield holderLine(bytes.subarray(CLAIM_AT.holder));
}

function otherHeadLine(version: number | undefined): DumpLine {
  if (version === undefined) return { text: "head: not valid", data: { kind: "invalid" } };
  const known = `this release reads version ${CLAIM_FORMAT_VERSION}`;
  const text = `head: of format version ${version}, ${known}`;
  return { text, data: { kind: "unsupported", version } };
}

function headLine(
  { group, topic, queueId }: {
    readonly group: string;
    readonly topic: string;
    readonly queueId: number;
  },
): DumpLine {
  return {
    text: `group ${nameText(group)} in ${nameText(topic)}/${queueId}`,
    data: { kind: "claim", group, topic, queueId },
  };
}

function partLine<T extends object>(
  place: { readonly kind: string; readonly [name: string]: Json },
  title: string,
  part: ClaimPart<T>,
  words: (found: T) => string,
): DumpLine {
  if (typeof part === "object") {
    return { text: `${title}: ${words(part)}`, data: { ...place, ...part } };
  }
  const state = part === "empty" ? "not written" : "not valid";
  return { text: `${title}: ${state}`, data: { ...place, state } };
}

/** The line counts only while the file is locked, which a file alone does not tell. */
function holderLine(bytes: Uint8Array): DumpLine {
  const text = new TextDecoder().decode(bytes).split("\n")[1]?.trim() ?? "";
  const shown = text === "" ? "not written" : printable(text);
  return { text: `last holder: ${shown}`, data: { kind: "holder", text } };
}
