/**
 * What the pictures of the documentation share: the document around them, its colours in light and
 * dark, and the text in it.
 *
 * @module
 */

/** What a picture is, beside what is drawn in it. */
export interface PictureFrame {
  /** Pixels across. */
  readonly width: number;
  /** Pixels down. */
  readonly height: number;
  /** What is seen, in a line: what is read out instead of the picture. */
  readonly title: string;
  /** The same at length, where a line is not enough. */
  readonly description?: string;
  /** Rules of the picture's own classes in light. */
  readonly light: string;
  /** The same in dark, where they differ. */
  readonly dark: string;
}

/**
 * Puts a frame around what is drawn: a document that needs no font and no file beside it.
 *
 * @param frame What the picture is.
 * @param elements What is drawn in it, as SVG, from the back to the front.
 * @returns An SVG document.
 */
export function drawPicture(frame: PictureFrame, elements: readonly string[]): string {
  const { width, height, title, description } = frame;
  const labels = description === undefined ? "title" : "title description";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${labels}">`,
    `<title id="title">${escapeText(title)}</title>`,
    ...(description === undefined
      ? []
      : [`<desc id="description">${escapeText(description)}</desc>`]),
    `<style>${styleOf(frame)}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    ...elements,
    "</svg>",
    "",
  ].join("\n");
}

/**
 * A line of text.
 *
 * @param x Where it begins, or what its class says of it.
 * @param y Its baseline.
 * @param kind Its class.
 * @param text What it says.
 * @returns An element.
 */
export function drawText(x: number, y: number, kind: string, text: string): string {
  return `<text class="${kind}" x="${rounded(x)}" y="${rounded(y)}">${escapeText(text)}</text>`;
}

/** Text with the three characters of markup spelled out. */
export function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A coordinate, to a tenth of a pixel. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function styleOf({ light, dark }: PictureFrame): string {
  return `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .head { font-size: 16px; font-weight: 600; }
  .title { font-weight: 600; }
  .note { fill: #57606a; }
${indented(light, "  ")}
  .ground { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note { fill: #9198a1; }
${indented(dark, "    ")}
    .ground { fill: #0d1117; }
  }
`;
}

function indented(rules: string, indent: string): string {
  return rules.trim().split("\n").map((rule) => indent + rule.trim()).join("\n");
}
