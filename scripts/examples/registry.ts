/**
 * A registry on this machine that knows one package: for npm and Bun the packed archive, for Deno
 * what `deno publish` would upload. So a line that installs it can be run as printed.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { NpmPackage } from "../package/make_package.ts";
import { publishedFiles } from "../release/jsr_package.ts";

/** A running registry; leaving the scope of `await using` stops it. */
export interface Registry extends AsyncDisposable {
  /** Its address, with a slash at the end. */
  readonly base: string;
}

/** What is served. */
interface Served {
  readonly root: string;
  readonly made: NpmPackage;
  /** Files of the source, by their path from the root with a slash before it. */
  readonly manifest: Readonly<Record<string, ManifestEntry>>;
  readonly exports: Readonly<Record<string, string>>;
}

/** What JSR tells of a file. */
interface ManifestEntry {
  /** Its length in bytes. */
  readonly size: number;
  readonly checksum: string;
}

/**
 * Starts a registry on a free port.
 *
 * @param root Root of the project.
 * @param made Its package for npm.
 * @returns The registry.
 */
export async function serveRegistry(root: string, made: NpmPackage): Promise<Registry> {
  const { exports } = JSON.parse(await readFile(join(root, "deno.json"), "utf8"));
  const served = { root, made, manifest: await manifestOf(root), exports };
  const server = createServer(async ({ url = "/", headers: { host } }, response) => {
    const body = await answer(served, decodeURIComponent(url), `http://${host}/`);
    response.writeHead(body === undefined ? 404 : 200);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  { root, made, manifest, exports }: Served,
  path: string,
  base: string,
): Promise<string | Uint8Array | undefined> {
  const { name, version, archive } = made;
  switch (path) {
    case `/${name}`:
      return JSON.stringify(packument(made, base));
    case `/${name}.tgz`:
      return archive;
    case `/${name}/meta.json`:
      return JSON.stringify({ latest: version, versions: { [version]: {} } });
    case `/${name}/${version}_meta.json`:
      return JSON.stringify({ manifest, exports });
  }
  const file = path.slice(`/${name}/${version}`.length);
  return Object.hasOwn(manifest, file) ? await readFile(join(root, file)) : undefined;
}

/** What npm tells of a package. */
function packument(made: NpmPackage, base: string): object {
  const { name, version, archive, files } = made;
  const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  const manifest = JSON.parse(new TextDecoder().decode(files.get("package.json")));
  const dist = { integrity, tarball: `${base}${name}.tgz` };
  const versions = { [version]: { ...manifest, dist } };
  return { name, "dist-tags": { latest: version }, versions };
}

async function manifestOf(root: string): Promise<Record<string, ManifestEntry>> {
  const entries = (await publishedFiles(root)).map(async (file) => {
    const bytes = await readFile(join(root, file));
    const checksum = `sha256-${createHash("sha256").update(bytes).digest("hex")}`;
    return [`/${file}`, { size: bytes.byteLength, checksum }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
