/**
 * The figures as tables and as a chart: they show the numbers of their run, and stay well formed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CHARTED, drawChart } from "../../../scripts/bench/chart.ts";
import { parseBenchOptions } from "../../../scripts/bench/bench_options.ts";
import { formatComparison } from "../../../scripts/bench/comparison.ts";
import { formatRun } from "../../../scripts/bench/markdown.ts";
import { spawnScript } from "../../../harness/support/child.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";
import { elementsOf } from "../../support/xml.ts";
import { row, run, scene } from "./rows.ts";

const SCRIPT = "scripts/bench_figures.ts";
const DOCS = fileURLToPath(new URL("../../../docs", import.meta.url));
const RUN = run([
  scene("append", [
    row("staged", 1_234_567, { rate: { min: 1e6, median: 1_234_567, max: 1.5e6 } }),
    row('a < b & "c"', 617_283, { kind: "peer" }),
    row("copy + CRC + write", 2_469_134, { kind: "floor", there: { missing: "older" } }),
    row("copy", 1e8, { kind: "floor" }),
  ]),
  { ...scene("opening", [row("1 message", 20), row("9 messages", 10)]), unit: "openings" },
]);

test("drawChart() is well formed, and says who was how fast", () => {
  const svg = drawChart(RUN, ["append", "opening", "never played"]);
  const elements = elementsOf(svg);
  assert.match(elements[0], /^svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  for (const text of ["staged", "1,235", "617", "2,469", "a &lt; b &amp;", "50.0", "100.0"]) {
    assert.ok(svg.includes(text), text);
  }
  for (const text of ["title of append", "2026-11-30: 2 cores", "prefers-color-scheme: dark"]) {
    assert.ok(svg.includes(text), text);
  }
  const widthOf = (kind: string) =>
    elements.filter((element) => element.startsWith(`rect class="${kind}" `))
      .map((element) => Number(/width="([\d.]+)"/.exec(element)![1]));
  // Bars are as long as their medians: half of one another, within what is rounded.
  const [[staged], [peer], [floor]] = ["ours", "peer", "floor"].map(widthOf);
  assert.ok(Math.abs(staged - 2 * peer) < 0.2 && Math.abs(floor - 2 * staged) < 0.2);
});

test("CHARTED names scenes that there are, with titles that fit into a column", () => {
  const { scenes } = parseBenchOptions([]);
  for (const name of CHARTED) {
    const title = scenes.find(({ id }) => id === name)?.title;
    assert.ok(title !== undefined && title.length <= 66, `${name}: ${title}`);
  }
});

test("formatRun() has a table for each scene, with medians, ratios and who is missing", () => {
  const text = formatRun(RUN);
  assert.match(text, /^2026-11-30: 2 cores, Linux 6\.18, ext4, Deno 2\.9\.6; load 0\.2 at/);
  assert.match(text, /^Kafka is missing: kafka needs java\.$/m);
  assert.match(text, /^\| \*\*staged\*\* +\| +1,000 \/ 1,235 \/ 1,500 \| +1\.00 \|/m);
  assert.match(text, /^\| a < b & "c" +\| +617 \/ 617 \/ 617 \| +2\.00 \|/m);
  assert.match(text, /^\| \*copy \+ CRC \+ write\* \|.*\| +0\.50 \| +missing there \|/m);
  assert.match(text, /^\| \*\*9 messages\*\* \| +100\.0 \/ 100\.0 \/ 100\.0 \| +2\.00 \|/m);
});

test("bench:figures writes between the marks of a page, draws, and does the same again", async () => {
  await using dir = await temporaryDirectory();
  const page = join(dir.path, "performance.md");
  const file = join(dir.path, "run.json");
  const readme = join(dir.path, "README.md");
  writeFileSync(page, readFileSync(join(DOCS, "performance.md")));
  writeFileSync(readme, readFileSync(join(DOCS, "..", "README.md")));
  writeFileSync(file, JSON.stringify(RUN));
  const pages: string[] = [];
  for (const source of [file, join(dir.path, "performance.json")]) {
    await using child = spawnScript(SCRIPT, [source, "--docs", dir.path, "--readme", readme]);
    const { code, stderr } = await child.wait();
    assert.equal(code, 0, stderr);
    pages.push(readFileSync(page, "utf8"));
  }
  assert.match(pages[0], /\| \*\*staged\*\* +\| +1,000 \/ 1,235 \/ 1,500 \|/);
  assert.equal(pages[0].split("\n## ").length, pages[1].split("\n## ").length);
  assert.equal(pages[1], pages[0]);
  elementsOf(readFileSync(join(dir.path, "performance.svg"), "utf8"));
  const table = readFileSync(readme, "utf8");
  assert.match(table, /^\| 1,000 at a time, in the page cache +\| +1,235 \|$/m);
});

test("formatComparison() has a column for who took part, and says what is not on the disk", () => {
  const nats = row("NATS JetStream, unsynced", 5000, { kind: "peer" });
  const scenes = [
    scene("append", [row("staged", 1e6), row("NATS JetStream", 4e5), row("Redis Streams", 3e5)]),
    scene("flushed-1", [row("staged", 7000), row("Redis Streams", 6000), nats]),
  ];
  const unsynced = formatComparison(run(scenes));
  assert.match(unsynced, /^\| thousand .* \| Streambed \| Redis Streams \| NATS JetStream \|$/m);
  assert.match(unsynced, /^\| 1,000 at a time.* \| +1,000 \| +300 \| +400 \|$/m);
  assert.match(unsynced, /^\| one after.* \| +7\.00 \| +6\.00 \| +\(5\.00\) \|$/m);
  assert.match(unsynced, /In parentheses: that version of NATS answers before it syncs/);
  assert.match(unsynced, /Redis `appendfsync always`;/);
  assert.match(unsynced, /a message crosses a socket/);

  // What is synced is shown, however much faster the other is.
  const synced = row("NATS JetStream, synced", 2000, { kind: "peer" });
  const both = scene("flushed-1", [row("staged", 7000), synced, nats]);
  const text = formatComparison(run([scenes[0], both]));
  assert.match(text, /^\| one after.* \| +7\.00 \| +- \| +2\.00 \|$/m);
  assert.match(text, /NATS `sync_interval: always`;/);
  assert.ok(!text.includes("In parentheses"));

  const alone = formatComparison(run([scene("append", [row("staged", 1e6)])]));
  assert.ok(!alone.includes("NATS") && !alone.includes("socket"));
});

test("the table of README is that of the run that lies beside the chart", () => {
  const [readme, source] = ["../README.md", "performance.json"]
    .map((name) => readFileSync(join(DOCS, name), "utf8"));
  const cellsOf = (text: string) =>
    text.split("\n").filter((line) => line.startsWith("|")).map((line) =>
      line.split("|").map((cell) => cell.trim())
    );
  const [heads, , ...rows] = cellsOf(formatComparison(JSON.parse(source)));
  const shown = cellsOf(readme);
  assert.ok(rows.length === 5 && heads.length >= 9);
  for (const cells of [heads, ...rows]) {
    assert.ok(shown.some((one) => one.join("|") === cells.join("|")), cells.join(" | "));
    assert.ok(!cells.slice(1, -1).includes("-"));
  }
});

test("bench:figures --scale writes between the other marks alone, and draws nothing", async () => {
  await using dir = await temporaryDirectory();
  const file = join(dir.path, "run.json");
  const before = readFileSync(join(DOCS, "performance.md"), "utf8");
  writeFileSync(join(dir.path, "performance.md"), before);
  const latencyMicros = { p50: 1.5, p99: 20, p999: 300, max: 4000 };
  writeFileSync(
    file,
    JSON.stringify(run([scene("latency", [row("staged", 1, { latencyMicros })])])),
  );
  await using child = spawnScript(SCRIPT, ["--scale", file, "--docs", dir.path]);
  const { code, stderr } = await child.wait();
  assert.equal(code, 0, stderr);
  const after = readFileSync(join(dir.path, "performance.md"), "utf8");
  const [head] = before.split("<!-- figures of deno task bench:scale -->");
  assert.ok(after.startsWith(head));
  assert.match(after, /\| \*\*staged\*\* .*\| +1\.5 \| +300 \| +4\.0 \|/);
  const files = readdirSync(dir.path).sort();
  assert.deepEqual(files, ["performance.md", "performance_scale.json", "run.json"]);
});

test("the chart of the documentation is the one of the run that lies beside it", () => {
  const [chart, source] = ["performance.svg", "performance.json"]
    .map((name) => readFileSync(join(DOCS, name), "utf8"));
  elementsOf(chart);
  assert.equal(chart, drawChart(JSON.parse(source), CHARTED));
});

test("bench:figures refuses a page without marks, and more or less than one run", async () => {
  await using dir = await temporaryDirectory();
  const file = join(dir.path, "run.json");
  writeFileSync(file, JSON.stringify(RUN));
  writeFileSync(join(dir.path, "performance.md"), "# Performance\n");
  await using child = spawnScript(SCRIPT, [file, "--docs", dir.path]);
  const { code, stderr } = await child.wait();
  assert.equal(code, 1);
  assert.match(stderr, /Cannot show figures: performance\.md lacks/);
  for (const args of [[], [file, file], ["--fast", file]]) {
    await using wrong = spawnScript(SCRIPT, args);
    assert.equal((await wrong.wait()).code, 2);
  }
});
