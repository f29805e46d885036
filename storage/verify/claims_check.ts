/**
 * Looking at the files of `streambed/groups/`, which hold what groups have read and no writer has
 * taken over yet.
 *
 * A crash may tear a part that was not synced, and a group goes on by what is left: that is a note.
 * What is being written is left out: a file that is locked, and beside a live writer what it notes.
 *
 * @module
 */
import { queryFileLock } from "../../ffi/mod.ts";
import { claimFileNames, claimPath, readWholeFile } from "../directory/mod.ts";
import { queueName } from "../errors.ts";
import {
  CLAIM_FORMAT_VERSION,
  type ClaimedQueue,
  claimFileName,
  CLAIMS_FOLDER,
} from "../layout/mod.ts";
import { type ClaimParts, claimParts } from "./claim_parts.ts";
import type { Verification } from "./log_check.ts";
import type { Severity } from "./report.ts";

type Add = (severity: Severity, text: string) => void;

export function checkClaims(verification: Verification): void {
  const { directory, findings } = verification;
  const listed = directory.list(CLAIMS_FOLDER) ?? [];
  // Behind the listing: one that was made in between is none too many here.
  const names = new Set(claimFileNames(directory));
  for (const { name } of listed) {
    const path = claimPath(name);
    const add: Add = (severity, text) => findings.add(severity, "streambed", text, { path });
    if (names.has(name)) checkFile(verification, name, add);
    else add("note", "it is no file of a group");
  }
}

function checkFile(verification: Verification, name: string, add: Add): void {
  const parts = readParts(verification, claimPath(name));
  if (parts === undefined) return;
  const { queue, version } = parts;
  if (version !== undefined && version !== CLAIM_FORMAT_VERSION) {
    const known = `this release reads version ${CLAIM_FORMAT_VERSION}`;
    add("note", `it is of format version ${version}, and ${known}`);
    return;
  }
  if (queue === undefined) {
    add("note", "its head is not whole; it counts again when a source of its group has read on");
  } else if (claimFileName(queue) !== name) {
    checkName(verification, queue, add);
  }
  checkSlots(parts, add);
  if (!verification.state.live) checkNote(parts, add);
}

/** `undefined` if the file is gone, or locked: its holder may be writing it. */
function readParts({ directory }: Verification, path: string): ClaimParts | undefined {
  const file = directory.openFile(path);
  if (file === undefined) return undefined;
  try {
    const bytes = readWholeFile(directory, path) ?? new Uint8Array(0);
    const holder = queryFileLock(directory.libc, file.descriptor);
    return holder === undefined ? claimParts(bytes) : undefined;
  } finally {
    directory.libc.close(file.descriptor);
  }
}

function checkName({ directory }: Verification, queue: ClaimedQueue, add: Add): void {
  const { group, topic, queueId } = queue;
  const name = claimFileName(queue);
  const whose = `it is that of group ${group} in ${queueName(topic, queueId)}, and not read here`;
  // A copy takes nothing away.
  const isCopy = directory.status(claimPath(name)) !== undefined;
  if (isCopy) add("note", `${whose}: it is a copy, remove it`);
  else add("damage", `${whose}: give it the name ${name}`);
}

function checkSlots({ slots }: ClaimParts, add: Add): void {
  const whole = slots.filter((slot) => typeof slot === "object");
  const newest = Math.max(...whole.map(({ sequence }) => sequence));
  if (whole.length === slots.length || slots.every((slot) => slot === "empty")) return;
  if (slots.every((slot) => slot === "torn")) {
    add("damage", "neither slot is intact: how far its group has read is not known from it");
  } else if (whole.length === 0) {
    add("note", "its only slot is torn: its group goes on where it was before");
  } else if (slots.includes("torn") || newest > 1) {
    add("note", `one slot is torn, the other (write ${newest}) counts`);
  }
}

function checkNote({ slots, note }: ClaimParts, add: Add): void {
  if (note === "torn") {
    add("note", "what a writer has noted in it is torn; the next note replaces it");
  }
  if (typeof note !== "object") return;
  const sequences = slots.map((slot) => typeof slot === "object" ? slot.sequence : 0);
  const newest = Math.max(...sequences);
  if (note.sequence <= newest) return;
  add("note", `a writer has taken over write ${note.sequence}, and the newest in it is ${newest}`);
}
