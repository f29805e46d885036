/**
 * What a store noticed that is not an error.
 *
 * @module
 */

/** Notes, each once. */
export class Notes {
  readonly #texts = new Set<string>();
  #onNote: ((text: string) => void) | undefined;

  /** All of them, the oldest first. */
  get all(): string[] {
    return [...this.#texts];
  }

  add(text: string): void {
    if (this.#texts.has(text)) return;
    this.#texts.add(text);
    this.#onNote?.(text);
  }

  /** Hands over what was noted so far, and what will be. */
  handTo(onNote: (text: string) => void): void {
    for (const text of this.#texts) onNote(text);
    this.#onNote = onNote;
  }
}
