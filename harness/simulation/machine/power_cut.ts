/**
 * What a power cut leaves of the stores that no sync had made durable.
 *
 * The profiles of unsynced pages:
 *
 * | profile | what survives |
 * | --- | --- |
 * | 0 | nothing |
 * | 1 | everything |
 * | 2 | random whole pages |
 * | 3 | the later half of the pages, not the earlier |
 * | 4 | each page as it was at a random moment of its stores |
 * | 5 | random sectors of 512 bytes, new or old |
 * | 6 | each sector as it was at its own moment |
 * | 7 | everything, but the very last store is torn at a multiple of 8 bytes |
 * | 8 | as 2, and one sector has garbage where it was to change |
 * | 9 | whole folios of 16 pages, or nothing of them |
 *
 * @module
 */
import { seededRandom } from "../../support/random.ts";
import type { Choices } from "./choices.ts";
import { type FileMetadata, pageCount, type SimFile } from "./nodes.ts";
import { PAGE_BYTE_LENGTH, SECTOR_BYTE_LENGTH, type SimPage } from "./page.ts";

/** How many profiles there are, numbered from 0. */
export const POWER_CUT_PROFILE_COUNT = 10;

const FOLIO_PAGE_COUNT = 16;
const TEAR_BYTE_LENGTH = 8;

interface DirtyPage {
  readonly file: SimFile;
  readonly index: number;
  readonly page: SimPage;
}

/** Gives the new content of each page, in the same order. */
type Profile = (pages: readonly DirtyPage[], choices: Choices) => Uint8Array[];

const PROFILES: readonly Profile[] = [
  (pages) => pages.map(({ page }) => page.disk),
  (pages) => pages.map(allOf),
  randomPages,
  (pages) => pages.map((dirty, at) => at >= pages.length >> 1 ? allOf(dirty) : dirty.page.disk),
  (pages, choices) => pages.map(({ page }) => page.contentAfter(choices.draw(page.log.length + 1))),
  (pages, choices) =>
    pages.map(({ page }) => bySectors(page, () => choices.draw(2) * page.log.length)),
  (pages, choices) =>
    pages.map(({ page }) => bySectors(page, () => choices.draw(page.log.length + 1))),
  tornLastStore,
  garbageSector,
  wholeFolios,
];

/**
 * Leaves on the disk what the profile says, and starts all files again from there.
 *
 * @param files The files that survive.
 * @param profile 0 to 9.
 * @param choices Decides what the profile leaves open.
 */
export function cutFiles(files: readonly SimFile[], profile: number, choices: Choices): void {
  const dirty = files.flatMap((file) => dirtyPages(file));
  const contents = PROFILES[profile](dirty, choices);
  dirty.forEach(({ page }, at) => page.restart(contents[at]));

  for (const file of files) restartFile(file, survivingMetadata(file, profile, choices));
}

/**
 * Starts a file again from what the disk has of its pages.
 *
 * @param file The file; its pages are clean.
 * @param metadata What the disk has of the inode.
 */
export function restartFile(file: SimFile, metadata: FileMetadata): void {
  const end = pageCount(metadata.byteLength);
  let allocated = metadata.allocated;
  for (const [index, page] of [...file.pages].sort(([a], [b]) => a - b)) {
    page.evict();
    if (index >= end) {
      file.pages.delete(index);
      continue;
    }
    if (page.disk.some((byte) => byte !== 0)) allocated = allocated.with(index, index + 1);
    const kept = metadata.byteLength - index * PAGE_BYTE_LENGTH;
    if (kept < PAGE_BYTE_LENGTH) page.restart(withZerosFrom(page.disk, kept));
  }
  file.byteLength = metadata.byteLength;
  file.mode = metadata.mode;
  file.allocated = allocated;
  file.durable = { ...metadata, allocated };
  file.pending = [];
  file.errorCount = 0;
  file.errorSeen = true;
}

function survivingMetadata(file: SimFile, profile: number, choices: Choices): FileMetadata {
  if (file.pending.length === 0 || profile === 0) return file.durable;
  if (profile === 1) return file.pending[file.pending.length - 1];
  const kept = choices.draw(file.pending.length + 1);
  return kept === 0 ? file.durable : file.pending[kept - 1];
}

function dirtyPages(file: SimFile): DirtyPage[] {
  return [...file.pages].filter(([, page]) => page.dirty).sort(([a], [b]) => a - b)
    .map(([index, page]) => ({ file, index, page }));
}

function allOf({ page }: DirtyPage): Uint8Array {
  return page.contentAfter(page.log.length);
}

function randomPages(pages: readonly DirtyPage[], choices: Choices): Uint8Array[] {
  return pages.map((dirty) => choices.draw(2) === 1 ? allOf(dirty) : dirty.page.disk);
}

/** Puts a page together from sectors, each of them after `count()` stores. */
function bySectors(page: SimPage, count: () => number): Uint8Array {
  const content = page.disk.slice();
  for (let from = 0; from < PAGE_BYTE_LENGTH; from += SECTOR_BYTE_LENGTH) {
    const to = from + SECTOR_BYTE_LENGTH;
    // A sector that no store touched has nothing to decide, which keeps tapes short.
    if (!page.log.some((store) => store.offset < to && store.offset + store.bytes.length > from)) {
      continue;
    }
    content.set(page.contentAfter(count()).subarray(from, to), from);
  }
  return content;
}

function tornLastStore(pages: readonly DirtyPage[], choices: Choices): Uint8Array[] {
  const last = Math.max(-1, ...pages.map(({ page }) => page.log[page.log.length - 1].sequence));
  const torn = pages.map(({ page }) => page.log.find((store) => store.sequence === last));
  const byteLength = torn.reduce((sum, store) => sum + (store?.bytes.length ?? 0), 0);
  const start = (torn.find((store) => store !== undefined)?.offset ?? 0) % TEAR_BYTE_LENGTH;
  const units = Math.ceil((start + byteLength) / TEAR_BYTE_LENGTH);
  let left = units === 0 ? 0 : Math.max(0, choices.draw(units) * TEAR_BYTE_LENGTH - start);

  return pages.map(({ page }, at) => {
    const content = page.contentAfter(page.log.length - (torn[at] === undefined ? 0 : 1)).slice();
    const kept = torn[at]?.bytes.subarray(0, left) ?? new Uint8Array(0);
    content.set(kept, torn[at]?.offset ?? 0);
    left -= kept.length;
    return content;
  });
}

function garbageSector(pages: readonly DirtyPage[], choices: Choices): Uint8Array[] {
  const contents = randomPages(pages, choices);
  if (pages.length === 0) return contents;

  const at = choices.draw(pages.length);
  const sector = choices.draw(PAGE_BYTE_LENGTH / SECTOR_BYTE_LENGTH) * SECTOR_BYTE_LENGTH;
  const garbage = seededRandom(choices.draw(256)).bytes(SECTOR_BYTE_LENGTH);
  const content = contents[at].slice();
  const { disk, current } = pages[at].page;
  for (let offset = sector; offset < sector + SECTOR_BYTE_LENGTH; offset++) {
    // Bytes that a sync made durable and that nothing was to change stay: without them no store
    // could ever recover, so that garbage there would prove nothing.
    if (disk[offset] !== current[offset]) content[offset] = garbage[offset - sector];
  }
  contents[at] = content;
  return contents;
}

function wholeFolios(pages: readonly DirtyPage[], choices: Choices): Uint8Array[] {
  const decided = new Map<string, boolean>();
  return pages.map((dirty) => {
    const folio = `${dirty.file.number} ${Math.floor(dirty.index / FOLIO_PAGE_COUNT)}`;
    const survives = decided.get(folio) ?? choices.draw(2) === 1;
    decided.set(folio, survives);
    return survives ? allOf(dirty) : dirty.page.disk;
  });
}

function withZerosFrom(content: Uint8Array, offset: number): Uint8Array {
  const zeroed = content.slice();
  zeroed.fill(0, offset);
  return zeroed;
}
