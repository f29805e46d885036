/**
 * One damage to one store: what a reader makes of it, and what a writer does.
 *
 * @module
 */
import { type Environment, openStoreIn, StoreError } from "../../storage/mod.ts";
import { verifyStore } from "../../storage/verify/mod.ts";
import { type Answers, askAll, Refusal } from "./answers.ts";
import { judge, type Judgement, type Verdict } from "./judge.ts";
import { type DiskContent, MemoryDisk } from "./memory_disk.ts";
import { memoryEnvironment } from "./memory_environment.ts";
import { EndlessWork, MEMORY_ROOT } from "./memory_libc.ts";
import { APPEND_PLACE, type Scene, SCENE_OPTIONS } from "./scenes.ts";

/** Where a trial is held: a directory that was damaged. */
export interface Place {
  /** The world of a process that opens it. */
  readonly environment: () => Environment;
  /** Path of the store. */
  readonly root: string;
  /** What is in it now. */
  readonly content: () => DiskContent;
}

/** Tries damages to one scene. */
export class Trial {
  readonly #scene: Scene;
  readonly #expected: Answers;

  constructor(scene: Scene, expected: Answers) {
    this.#scene = scene;
    this.#expected = expected;
  }

  /** Asks the whole store first. */
  static async of(scene: Scene): Promise<Trial> {
    const { environment, root } = memoryPlace(scene, scene.content);
    await using store = await openStoreIn(environment(), root, {
      ...SCENE_OPTIONS,
      readOnly: true,
    });
    return new Trial(scene, await askAll(store));
  }

  /** The store. */
  get scene(): Scene {
    return this.#scene;
  }

  /** What the whole store answers. */
  get expected(): Answers {
    return this.#expected;
  }

  /**
   * Opens a damaged store for reading and asks for everything.
   *
   * @param path The file that was damaged.
   * @param place Where it is.
   * @returns What became of it.
   */
  async read(path: string, place: Place): Promise<Judgement> {
    return await this.#guarded(async () => {
      const { environment, root } = place;
      await using store = await openStoreIn(environment(), root, {
        ...SCENE_OPTIONS,
        readOnly: true,
      });
      const judgement = await this.#verified(this.#judge(path, await askAll(store)), place);
      return await this.#named(judgement, path, place);
    });
  }

  /**
   * Opens a damaged store for writing, asks, appends, closes, and asks again. A store that is
   * refused must be as it was but for its index, which any opening makes anew: with the damage
   * undone it gives every answer.
   *
   * @param path The file that was damaged.
   * @param place Where it is.
   * @returns What became of it.
   */
  async write(path: string, place: Place): Promise<Judgement> {
    const before = place.content();
    const judgement = await this.#guarded(() => this.#writeOnce(path, place));
    if (judgement.detail !== OPENING) return judgement;
    const changed = changedFile(before, place.content());
    if (changed !== undefined) {
      const detail = `${changed} was changed though the store was refused`;
      return { verdict: "different", detail };
    }
    const whole = new Map(place.content()).set(path, this.#scene.content.get(path)!);
    const mended = await this.read(path, memoryPlace(this.#scene, whole));
    if (mended.verdict === "equal") return judgement;
    return { verdict: "different", detail: `after a refusal and a repair: ${mended.detail}` };
  }

  async #writeOnce(path: string, place: Place): Promise<Judgement> {
    const { environment, root } = place;
    const store = await openStoreIn(environment(), root, SCENE_OPTIONS);
    let first: Judgement;
    let offset: number;
    try {
      first = this.#judge(path, await askAll(store));
      ({ offset } = await store.append({ ...APPEND_PLACE, body: BODY }));
    } finally {
      await store.close();
    }
    await using again = await openStoreIn(environment(), root, {
      ...SCENE_OPTIONS,
      readOnly: true,
    });
    const answers = await askAll(again);
    const name = `${APPEND_PLACE.topic}/${APPEND_PLACE.queueId}/${offset}`;
    const added = answers.messages.get(name);
    if (added === undefined || added instanceof Refusal || !added.text.endsWith(BODY)) {
      return { verdict: "different", detail: `the new message ${name} is not there` };
    }
    answers.messages.delete(name);
    const second = await this.#verified(this.#judge(path, answers), place);
    const isWorse = !isAcceptable(second) || second.verdict === "unlisted";
    return await this.#named(isAcceptable(first) && isWorse ? second : first, path, place);
  }

  #judge(path: string, found: Answers): Judgement {
    const isDerived = /^(consumequeue|index)\//.test(path);
    return judge({
      expected: this.#expected,
      found,
      tailFrom: isDerived ? Infinity : this.#scene.tailFrom,
      mayBeUnlisted: isDerived,
    });
  }

  /** What is left out must be named by `streambed verify`. */
  async #verified(judgement: Judgement, place: Place): Promise<Judgement> {
    if (judgement.verdict !== "unlisted") return judgement;
    const report = await verifyStore(place.environment(), place.root);
    if (report.damageCount > 0) return judgement;
    return { verdict: "different", detail: `${judgement.detail}, and verify says nothing` };
  }

  /** A group that its own damaged file sets back: `streambed verify` must name the file. */
  async #named(judgement: Judgement, path: string, place: Place): Promise<Judgement> {
    if (!CLAIM_PATH.test(path) || judgement.verdict !== "earlier progress") return judgement;
    // What is cut off looks as if it had never been written.
    const lengthOf = (content: DiskContent) => content.get(path)?.length ?? 0;
    if (lengthOf(place.content()) < lengthOf(this.#scene.content)) return judgement;
    const { findings } = await verifyStore(place.environment(), place.root);
    if (findings.some((finding) => finding.path === path)) return judgement;
    return { verdict: "different", detail: `${judgement.detail}, and verify says nothing` };
  }

  async #guarded(work: () => Promise<Judgement>): Promise<Judgement> {
    try {
      return await work();
    } catch (error) {
      if (StoreError.is(error)) {
        return { verdict: "refused", detail: OPENING };
      }
      if (error instanceof EndlessWork) return { verdict: "hang", detail: error.message };
      return { verdict: "crash", detail: error instanceof Error ? `${error.stack}` : `${error}` };
    }
  }
}

/** The file of a group in a queue. */
export const CLAIM_PATH: RegExp = /^streambed\/groups\//;

const OPENING = "the opening";
const ACCEPTABLE: readonly Verdict[] = ["equal", "refused", "tail", "unlisted"];
const BODY = "one more";

/**
 * Puts a store on a disk of memory.
 *
 * @param scene The scene.
 * @param content What the disk holds.
 * @returns The place.
 */
export function memoryPlace(
  scene: Scene,
  content: DiskContent,
  disk: MemoryDisk = new MemoryDisk(content),
): Place {
  return {
    environment: () => memoryEnvironment(disk, { bootId: scene.bootId }),
    root: MEMORY_ROOT,
    content: () => disk.content(),
  };
}

function isAcceptable({ verdict }: Judgement): boolean {
  return ACCEPTABLE.includes(verdict);
}

function changedFile(before: DiskContent, after: DiskContent): string | undefined {
  const isSame = (path: string) =>
    path === "lock" || path.startsWith("index/") ||
    isEqual(before.get(path), after.get(path));
  return [...new Set([...before.keys(), ...after.keys()])].find((path) => !isSame(path));
}

function isEqual(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
