/**
 * One directory and all runtimes: the same bytes, the same answers, one writer.
 *
 * @module
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { contentOf } from "../../harness/support/tree.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { allRuntimes, type ReadyRuntime } from "./all_runtimes.ts";

const all = await allRuntimes();
const { runtimes } = all;
after(() => all[Symbol.asyncDispose]());

/** More messages than the followed queue has after one sample, and fewer than after two. */
const FOLLOWED_COUNT = 100;

for (const writePath of ["staged", "mapped"] as const) {
  test(`openStore() makes the same bytes on every runtime (${writePath})`, async () => {
    const contents = await Promise.all(runtimes.map(async (runtime) => {
      await using directory = await temporaryDirectory();
      await using child = runtime.useStore(directory.path);
      await child.ask({ do: "open", options: { writePath }, frozen: true });
      await child.ask({ do: "append", first: 0 });
      await child.ask({ do: "close" });
      return contentOf(directory.path, (path) => !/^(commitlog|consumequeue|index)\//.test(path));
    }));
    assert.ok(contents[0].length > 10, "There are segments, queues and an index");
    runtimes.forEach(({ name }, index) => assert.deepEqual(contents[index], contents[0], name));
  });
}

test("openStore() goes on in turn where another runtime stopped, and all of them answer the same", async () => {
  await using directory = await temporaryDirectory();
  let answers: string | undefined;
  for (const [turn, runtime] of [...runtimes, runtimes[0]].entries()) {
    await using child = runtime.useStore(directory.path);
    const writePath = turn % 2 === 0 ? "staged" : "mapped";
    await child.ask({ do: "open", options: { writePath } });
    if (answers !== undefined) assert.equal(await child.ask({ do: "answers" }), answers);
    await child.ask({ do: "append", first: turn * 1000 });
    answers = await child.ask({ do: "answers" });
    await child.ask({ do: "close" });
  }
  const content = contentOf(directory.path);
  for (const runtime of runtimes) {
    await using child = runtime.useStore(directory.path);
    await child.ask({ do: "open", options: { readOnly: true } });
    assert.equal(await child.ask({ do: "answers" }), answers, runtime.name);
    await child.ask({ do: "close" });
  }
  assert.deepEqual(contentOf(directory.path), content, "Readers changed nothing");
});

/** Three at once, in a ring: each runtime writes once, follows once, is refused once. */
function rings(): (readonly [writer: ReadyRuntime, reader: ReadyRuntime, second: ReadyRuntime])[] {
  const at = (index: number) => runtimes[index % runtimes.length];
  return runtimes.map((writer, index) => [writer, at(index + 1), at(index + 2)] as const);
}

for (const [writing, reading, second] of rings()) {
  const names = `${writing.name} writes, ${reading.name} reads, ${second.name} comes second`;

  test(`openStore() lets one runtime write and another read at once (${names})`, async () => {
    await using directory = await temporaryDirectory();
    await using writer = writing.useStore(directory.path);
    await using reader = reading.useStore(directory.path);
    await using other = second.useStore(directory.path);
    await writer.ask({ do: "open" });
    await writer.ask({ do: "append", first: 0 });
    await reader.ask({ do: "open", options: { readOnly: true } });

    const followed = reader.ask({ do: "follow", count: FOLLOWED_COUNT });
    assert.match(await other.askInVain({ do: "open" }), /^LOCKED .* holds its lock/);
    await writer.ask({ do: "append", first: 1000 });
    assert.equal(await followed, await writer.ask({ do: "follow", count: FOLLOWED_COUNT }));

    const answers = await writer.ask({ do: "answers" });
    await other.ask({ do: "open", options: { readOnly: true } });
    assert.equal(await other.ask({ do: "answers" }), answers);
    await other.ask({ do: "close" });

    await writer.kill();
    await other.ask({ do: "open" });
    assert.equal(await other.ask({ do: "answers" }), answers, "The lock died with the writer");
    await other.ask({ do: "append", first: 2000 });
    await other.ask({ do: "close" });
  });
}
