/**
 * Source maps beside the files they belong to.
 *
 * `deno pack` puts them into the files, with absolute paths of the machine that packed.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { basename } from "node:path";
import type { PackageFiles } from "./packed_files.ts";

const INLINE_MAP = /\n?\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/;

/**
 * Moves the map of every script into a file of its own. Sources are named relative to it; their
 * text is in the map, since the package does not hold them.
 *
 * @param files Files of the package; changed.
 * @throws {Error} If a script has no map, or one of more than one source.
 */
export function separateSourceMaps(files: PackageFiles): void {
  for (const [path, body] of [...files]) {
    if (!path.endsWith(".js")) continue;
    const { code, map } = separate(path, new TextDecoder().decode(body));
    const encoder = new TextEncoder();
    files.set(path, encoder.encode(code));
    files.set(`${path}.map`, encoder.encode(map));
  }
}

function separate(path: string, text: string): { readonly code: string; readonly map: string } {
  const [line, base64] = INLINE_MAP.exec(text) ?? [];
  if (line === undefined) throw new Error(`Cannot find the source map of ${path}: there is none`);
  const { version, sources, sourcesContent, names, mappings } = JSON.parse(
    Buffer.from(base64, "base64").toString(),
  );
  if (sources.length !== 1) throw new Error(`Cannot use the source map of ${path}: ${sources}`);
  const file = basename(path);
  const map = { version, file, sources: [basename(sources[0])], sourcesContent, names, mappings };
  return {
    code: `${text.slice(0, -line.length)}\n//# sourceMappingURL=${file}.map\n`,
    map: JSON.stringify(map),
  };
}
