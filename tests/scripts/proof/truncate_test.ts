/**
 * Segments changed by somebody else while they are in use: `deno task truncate`, small, and with
 * its faults planted.
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { type Cell, CELLS } from "../../../harness/crash/truncation/cells.ts";
import { brokenPromises, matrixLines } from "../../../harness/crash/truncation/matrix.ts";
import type { CellResult } from "../../../harness/crash/truncation/truncation_rounds.ts";
import { needsLeases } from "../../support/leases.ts";
import { skipUnless } from "../../support/skip.ts";
import { runProof } from "./run_proof.ts";

const NEEDS_LEASES = await needsLeases();
const NEEDS_GUARD = skipUnless(process.arch === "x64", "the SIGBUS guard is made for x86-64");

test(
  "Store survives foreign changes of its segments under leases, and notices them",
  NEEDS_LEASES,
  async () => {
    const { code, text } = await runProof(
      "truncate",
      "-n",
      "20",
      "--tier",
      "lease",
      "--lanes",
      "4",
    );
    assert.equal(code, 0, text);
    assert.match(text, /^20 rounds in .*, 0 messages shown wrong$/m);
  },
);

test("Store survives foreign changes of its segments without mappings, and notices them", async () => {
  const { code, text } = await runProof("truncate", "-n", "15", "--tier", "pread", "--lanes", "4");
  assert.equal(code, 0, text);
  assert.match(text, /^15 rounds in .*: 15 noticed, 0 died, 0 messages shown wrong$/m);
});

test(
  "Store survives foreign changes of its segments under the SIGBUS guard, and notices them",
  NEEDS_GUARD,
  async () => {
    const words = ["-n", "20", "--tier", "sigbus", "--lanes", "4"];
    const { code, text } = await runProof("truncate", ...words);
    assert.equal(code, 0, text);
    assert.match(text, /^20 rounds in .*: 20 noticed, 0 died, 0 messages shown wrong$/m);
  },
);

test("truncationRounds() catches no-guard", NEEDS_GUARD, async () => {
  const words = ["--tier", "sigbus", "--method", "shorten", "--plant", "no-guard"];
  const { code, text } = await runProof("truncate", "-n", "4", ...words);
  assert.equal(code, 0, text);
  assert.match(text, /sigbus, sealed, \w+, shorten: \d died/);
  assert.match(text, /sigbus, active, mapped, shorten: \d died/);
});

const PLANTED = [
  ["no-lease", "shorten", /lease, sealed, \w+, shorten: \d died/],
  ["early-release", "shorten", /lease, sealed, \w+, shorten: \d died/],
  ["blind", "unlink", /lease, sealed, \w+, unlink: the writer acknowledged another message/],
] as const;

for (const [fault, method, expected] of PLANTED) {
  test(`truncationRounds() catches ${fault}`, NEEDS_LEASES, async () => {
    const words = ["--tier", "lease", "--target", "sealed", "--method", method];
    const { code, text } = await runProof("truncate", "-n", "2", ...words, "--plant", fault);
    assert.equal(code, 0, text);
    assert.match(text, expected);
  });
}

test("brokenPromises() names each promise that was broken", () => {
  const sealed = { target: "sealed", path: "staged", method: "shorten" } as const;
  const results = [
    resultOf({ ...sealed, tier: "lease" }, { died: 1 }),
    resultOf({ ...sealed, tier: "sigbus" }, { died: 1 }),
    resultOf({ ...sealed, tier: "mapping" }, { died: 1 }),
    resultOf({ ...sealed, tier: "pread" }, { wrong: 2 }),
    resultOf({ ...sealed, tier: "pread", method: "hole" }, { odd: ["a", "b", "a"] }),
    resultOf({ ...sealed, tier: "lease", method: "overwrite" }, { waitsMs: [1, 45_000] }),
    resultOf({ ...sealed, tier: "lease", method: "unlink" }, {}),
  ];
  assert.deepEqual(brokenPromises(results), [
    "lease, sealed, staged, shorten: 1 died",
    "sigbus, sealed, staged, shorten: 1 died",
    "pread, sealed, staged, shorten: 2 messages were shown wrong",
    "pread, sealed, staged, hole: a",
    "pread, sealed, staged, hole: b",
    "lease, sealed, staged, overwrite: somebody waited 45000 ms",
  ]);
});

test("matrixLines() has a line for each cell that was taken, and a star where it kills", () => {
  const [cell, hole] = CELLS;
  const results = [resultOf(cell, { waitsMs: [30, 1.25, 7] }), resultOf(hole, { died: 1 })];
  const lines = matrixLines([...results, { ...resultOf(CELLS[2], {}), rounds: 0 }]);
  assert.deepEqual(lines.slice(2, 4), [
    "| lease | sealed | staged | shorten | 2 | 0 | 2 | 0 | 1.3 | 7.0 | 30 |",
    "| lease | sealed | staged | hole | 2 | 1* | 1 | 0 | 1.0 | 1.0 | 1.0 |",
  ]);
  assert.equal(lines.length, 6);
});

function resultOf(cell: Cell, seen: Partial<CellResult>): CellResult {
  const { died = 0 } = seen;
  const none = { cell, rounds: 2, died, noticed: 2 - died, wrong: 0, waitsMs: [1], odd: [] };
  return { ...none, ...seen };
}
