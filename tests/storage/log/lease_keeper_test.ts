/**
 * Leases on sealed segments: taken, given back before anybody gets through, and taken again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { check, Errno, failed, type Libc, loadLibc } from "../../../ffi/mod.ts";
import {
  openStoreIn,
  type OpenStoreOptions,
  type Store,
  StoreError,
  systemEnvironment,
} from "../../../storage/mod.ts";
import type { Environment } from "../../../storage/environment.ts";
import { needsLeases } from "../../support/leases.ts";
import { overrideLibc } from "../../../harness/support/libc_overrides.ts";
import { temporaryDirectory } from "../../../harness/support/temp_dir.ts";

const libc = await loadLibc();
const SEGMENT_BYTE_LENGTH = 64 * 1024;
const OPTIONS: OpenStoreOptions = { geometry: { segmentByteLength: SEGMENT_BYTE_LENGTH } };

const NEEDS_LEASES = await needsLeases();

/** An environment whose rounds of the keeper come when the test says so. */
class Rounds {
  readonly environment: Environment;
  #rounds: (() => void)[] = [];

  constructor(from: Libc = libc) {
    const real = systemEnvironment(from);
    const background = (_ms: number, callback: () => void) => {
      this.#rounds.push(callback);
      return { cancel: () => this.#rounds = this.#rounds.filter((other) => other !== callback) };
    };
    this.environment = { ...real, timers: { ...real.timers, background } };
  }

  /** Whether somebody waits for a round. */
  get isAwaited(): boolean {
    return this.#rounds.length > 0;
  }

  pass(count = 1): void {
    for (; count > 0; count--) for (const round of this.#rounds.splice(0)) round();
  }
}

/** Fills a closed store with three segments and some. */
async function filled(path: string): Promise<void> {
  await using store = await openStoreIn(systemEnvironment(libc), path, OPTIONS);
  await fill(store);
}

async function fill(store: Store): Promise<void> {
  const messages = Array.from({ length: 56 }, (_, id) => ({ topic: "T", body: textOf(id) }));
  await store.appendAll(messages);
}

function textOf(id: number): string {
  return `${id} ${"x".repeat(4000)}`;
}

async function textsOf(store: Store): Promise<string[]> {
  return (await Array.fromAsync(store.queue("T").read())).map((message) => message.text());
}

const ALL = Array.from({ length: 56 }, (_, id) => textOf(id));

/** Opens a segment for writing as somebody else would, but does not wait. */
function openForeign(path: string): number | Errno {
  const { O_RDWR, O_NONBLOCK } = libc.constants;
  return libc.open(path, { flags: O_RDWR | O_NONBLOCK });
}

function segmentsIn(path: string): string[] {
  return readdirSync(join(path, "commitlog")).sort().map((name) => join(path, "commitlog", name));
}

test(
  "openStore() maps sealed segments under leases, and gives them back at close",
  NEEDS_LEASES,
  async () => {
    await using directory = await temporaryDirectory();
    await filled(directory.path);
    const rounds = new Rounds();
    const store = await openStoreIn(rounds.environment, directory.path, { readOnly: true });
    assert.equal(store.info.guard, "mapping");
    assert.deepEqual(await textsOf(store), ALL);
    assert.equal(store.info.guard, "lease");
    const [first, , , last] = segmentsIn(directory.path);
    const refused = openForeign(first);
    assert.ok(failed(refused) && refused.code === "EAGAIN");
    const active = check(openForeign(last), "open", last);
    libc.close(active);
    assert.ok(rounds.isAwaited);
    await store.close();
    assert.ok(!rounds.isAwaited);
    libc.close(check(openForeign(first), "open", first));
  },
);

test(
  "LeaseKeeper.look() gives a lease back when somebody wants to write, and reads go on",
  NEEDS_LEASES,
  async () => {
    await using directory = await temporaryDirectory();
    await filled(directory.path);
    const rounds = new Rounds();
    await using store = await openStoreIn(rounds.environment, directory.path, { readOnly: true });
    await textsOf(store);
    const [first] = segmentsIn(directory.path);
    assert.ok(failed(openForeign(first)));
    rounds.pass();
    const file = check(openForeign(first), "open", first);
    assert.match(
      store.info.notes.join("\n"),
      /0{20}.* is being opened for writing by another program/,
    );
    assert.deepEqual(await textsOf(store), ALL);
    check(libc.ftruncate(file, 5000), "truncate", first);
    await assert.rejects(textsOf(store), { code: "CORRUPTED", reason: "wrong-length" });
    check(libc.ftruncate(file, SEGMENT_BYTE_LENGTH), "truncate", first);
    libc.close(file);
    rounds.pass(100);
    assert.match(store.info.notes.join("\n"), /was changed by another program/);
    await assert.rejects(textsOf(store), { code: "CORRUPTED" });
  },
);

test("LeaseKeeper.look() maps a segment again when nobody changed it", NEEDS_LEASES, async () => {
  await using directory = await temporaryDirectory();
  await filled(directory.path);
  const rounds = new Rounds();
  await using store = await openStoreIn(rounds.environment, directory.path, { readOnly: true });
  await textsOf(store);
  const [first] = segmentsIn(directory.path);
  assert.ok(failed(openForeign(first)));
  rounds.pass();
  const file = check(openForeign(first), "open", first);
  rounds.pass(100);
  libc.close(file);
  rounds.pass(100);
  assert.match(store.info.notes.join("\n"), /was not changed: it is mapped again/);
  assert.deepEqual(await textsOf(store), ALL);
  assert.ok(failed(openForeign(first)), "It is under a lease again");
});

test(
  "LeaseKeeper.lookIfOverdue() gives leases back at a read when the event loop was blocked",
  NEEDS_LEASES,
  async () => {
    await using directory = await temporaryDirectory();
    await filled(directory.path);
    const rounds = new Rounds();
    let laterMs = 0;
    const { clock } = rounds.environment;
    const environment = {
      ...rounds.environment,
      clock: { ...clock, monotonic: () => clock.monotonic() + laterMs },
    };
    await using store = await openStoreIn(environment, directory.path, { readOnly: true });
    await textsOf(store);
    const [first] = segmentsIn(directory.path);
    assert.ok(failed(openForeign(first)));
    await textsOf(store);
    assert.ok(failed(openForeign(first)), "Nobody has looked");
    laterMs = 10_000;
    await textsOf(store);
    libc.close(check(openForeign(first), "open", first));
  },
);

test("LeaseKeeper.keep() leaves segments mapped where the kernel gives no leases", async () => {
  await using directory = await temporaryDirectory();
  await filled(directory.path);
  const refusing = overrideLibc(libc, { setLease: () => new Errno("EINVAL", 22, "fcntl") });
  const rounds = new Rounds(refusing);
  await using store = await openStoreIn(rounds.environment, directory.path, { readOnly: true });
  assert.deepEqual(await textsOf(store), ALL);
  assert.equal(store.info.guard, "mapping");
  assert.ok(!rounds.isAwaited, "Nobody tries again");
});

test(
  "Store takes a lease on a segment that it wrote, once it is sealed and durable",
  NEEDS_LEASES,
  async () => {
    for (const writePath of ["staged", "mapped"] as const) {
      await using directory = await temporaryDirectory();
      const rounds = new Rounds();
      const options = { ...OPTIONS, writePath };
      await using store = await openStoreIn(rounds.environment, directory.path, options);
      await fill(store);
      await store.flush();
      assert.deepEqual(await textsOf(store), ALL);
      rounds.pass(10);
      assert.equal(store.info.guard, "lease", writePath);
      const segments = segmentsIn(directory.path);
      for (const path of segments.slice(0, -1)) assert.ok(failed(openForeign(path)), writePath);
      await fill(store);
      assert.equal((await textsOf(store)).length, 112);
    }
  },
);

test("openStore() takes no lease where the option says so", async () => {
  await using directory = await temporaryDirectory();
  await filled(directory.path);
  const rounds = new Rounds();
  const options = { readOnly: true, guard: "none" } as const;
  await using store = await openStoreIn(rounds.environment, directory.path, options);
  await textsOf(store);
  const [first] = segmentsIn(directory.path);
  libc.close(check(openForeign(first), "open", first));
});

for (const [what, act] of Object.entries(foreignActs())) {
  test(`Store.append() acknowledges nothing after somebody ${what}`, async () => {
    await using directory = await temporaryDirectory();
    const store = await openStoreIn(systemEnvironment(libc), directory.path, OPTIONS);
    await fill(store);
    await store.append({ topic: "T", body: "before" });
    act(segmentsIn(directory.path)[0]);
    const appended = store.append({ topic: "T", body: "after" }, { durability: "committed" });
    await assert.rejects(appended, (error) => {
      assert.ok(StoreError.is(error, "DURABILITY_LOST"));
      assert.equal(error.reason, "file-replaced");
      assert.equal(error.path, "commitlog/00000000000000000000");
      return true;
    });
    await store.close();
    assert.ok(existsSync(join(directory.path, "abort")));
  });
}

function foreignActs(): Record<string, (path: string) => void> {
  return {
    "unlinked a sealed segment": (path) => rmSync(path),
    "put another file in the place of a sealed segment"(path) {
      writeFileSync(`${path}.new`, new Uint8Array(SEGMENT_BYTE_LENGTH));
      renameSync(`${path}.new`, path);
    },
  };
}
