/**
 * Pictures as text: whether they are well formed, and what is in them.
 *
 * @module
 */
import assert from "node:assert/strict";

/**
 * The elements of an XML text, as `name attributes`, after a check that each is closed in its turn
 * and that no character stands where it may not.
 */
export function elementsOf(xml: string): string[] {
  const open: string[] = [];
  const elements: string[] = [];
  const rest = xml.replaceAll(
    /<(\/?)([a-z]+)((?: [a-zA-Z0-9:-]+="[^"<]*")*)(\/?)>/g,
    (...match) => {
      const [, closing, name, attributes, empty] = match;
      if (closing) assert.equal(open.pop(), name);
      else elements.push(name + attributes);
      if (!closing && !empty) open.push(name);
      return "";
    },
  );
  assert.deepEqual(open, []);
  assert.ok(!rest.includes("<"), "an element is broken");
  assert.ok(!/&(?!(amp|lt|gt|quot);)/.test(rest), "a character is not escaped");
  return elements;
}
