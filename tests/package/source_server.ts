/**
 * The source tree behind HTTP, as a host of raw files would give it: what is published and nothing
 * else.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { ROOT } from "../support/examples.ts";

/** A running server; leaving the scope of `await using` stops it. */
export interface SourceServer extends AsyncDisposable {
  /** Address of the root of the tree, with a slash at its end. */
  readonly base: string;
  /** `HOST:PORT`, for flags. */
  readonly host: string;
  /** Paths that were asked for and are there. */
  readonly served: ReadonlySet<string>;
  /** Paths that were asked for and are not there. */
  readonly missed: ReadonlySet<string>;
}

/** Starts a server on a free port of this machine. */
export async function serveSource(): Promise<SourceServer> {
  const { publish } = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
  const served = new Set<string>();
  const missed = new Set<string>();
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname.slice(1);
    const body = isPublished(path, publish.include) ? await readOrNothing(path) : undefined;
    (body === undefined ? missed : served).add(path);
    response.writeHead(body === undefined ? 404 : 200, { "content-type": "text/plain" });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    base: `http://${host}/`,
    host,
    served,
    missed,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isPublished(path: string, include: readonly string[]): boolean {
  return include.some((entry) => entry.endsWith("/") ? path.startsWith(entry) : path === entry);
}

async function readOrNothing(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(ROOT, path));
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}
