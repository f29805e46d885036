/**
 * The command line: {@linkcode run}. As a program it is `npx streambed` or
 * `deno run -A jsr:@streambed/log/cli`; `--help` lists the commands.
 *
 * @example A command from a program
 * ```ts ignore
 * import { openStore } from "@streambed/log";
 * import { run } from "@streambed/log/cli";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 *
 * const path = await mkdtemp(`${tmpdir()}/streambed-`);
 * {
 *   await using store = await openStore(path);
 *   await store.append({ topic: "orders", body: "ham" });
 * }
 * assert.equal(await run(["--dir", path, "cat", "orders"]), 0); // prints "ham"
 * await rm(path, { recursive: true });
 * ```
 *
 * @module
 */
export { run } from "./program.ts";

// In a bundle all modules are one, the main one of another program. Not awaited: then `require()`
// can load this.
if (import.meta.main && import.meta.url.endsWith("/cli/mod.ts")) import("./main.ts");
