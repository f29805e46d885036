/**
 * What commands say when they cannot do what they are told: one sentence, with what to do next.
 *
 * Tests: `failure_text.ts`, `cli/files.ts`, `cli/output.ts`, `store_places.ts`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { test } from "node:test";
import { failureText } from "../../cli/failure_text.ts";
import { Errno, systemError } from "../../ffi/mod.ts";
import { unsafePath } from "../../storage/errors.ts";
import { openStore } from "../../storage/mod.ts";
import { scriptCommand } from "../../harness/support/runtime.ts";
import { temporaryDirectory } from "../../harness/support/temp_dir.ts";
import { treeOf } from "../../harness/support/tree.ts";
import { PROGRAM } from "./cli_child.ts";
import { said } from "./said.ts";

/** A directory with a store, and with what is none. */
async function makePlace(path: string): Promise<void> {
  {
    await using store = await openStore(`${path}/store`, {
      geometry: { segmentByteLength: 65_536 },
    });
    await store.append({ topic: "t", body: "ham", keys: "k" });
    await store.moveGroup("h", { topic: "t", queueId: 0, offset: 1 });
  }
  for (const name of ["empty", "full", "commitlog-is-a-file"]) mkdirSync(`${path}/${name}`);
  writeFileSync(`${path}/file`, "text\n");
  writeFileSync(`${path}/full/file`, "text\n");
  writeFileSync(`${path}/commitlog-is-a-file/commitlog`, "text\n");
}

/** Everything that reads a store of `--dir`, whatever else it takes. */
const OF_A_STORE: readonly (readonly string[])[] = [
  ["cat", "t"],
  ["cat", "t", "--group", "g"],
  ["tail", "t"],
  ["get", "0"],
  ["find", "t", "k"],
  ["export"],
  ["ls"],
  ["info"],
  ["groups"],
  ["groups", "--reset", "g", "t", "--to", "latest"],
  ["metrics"],
  ["retry"],
  ["dlq", "g", "--drop", "--all"],
  ["verify"],
  ["rebuild"],
  ["salvage", "DIR/new"],
  ["backup", "DIR/new"],
  ["append", "t", "--no-create"],
];

const NO_STORES: readonly (readonly [directory: string, state: string])[] = [
  ["nothere", "it does not exist"],
  ["file", "it is not a directory"],
  ["empty", "there is no store in it"],
];

test("run() says of each command why there is no store where it was sent", async () => {
  await using dir = await temporaryDirectory();
  await makePlace(dir.path);
  const before = treeOf(dir.path);
  for (const [directory, state] of NO_STORES) {
    for (const words of OF_A_STORE) {
      const args = words.map((word) => word.replace("DIR", dir.path));
      const path = `${dir.path}/${directory}`;
      assert.deepEqual(await said(["--dir", path, ...args]), [
        1,
        `streambed: Cannot open store "${path}": ${state}; name another with --dir, or make one ` +
        "with append --dir\n",
      ], words.join(" "));
    }
  }
  assert.deepEqual(treeOf(dir.path), before, "and none made anything");
});

/** Commands with what is wrong about them, the exit code, and what is said. */
const FAILURES: readonly (readonly [args: string, code: number, text: RegExp])[] = [
  ["backup DIR/file", 1, /Cannot make file "DIR\/file": it is there already .*; name another path/],
  ["backup DIR/empty", 1, /"DIR\/empty": it is there already .*; name another path/],
  ["backup DIR/no/new", 1, /"DIR\/no": there is no such file or directory .*; check the path/],
  [
    "backup DIR/file/new",
    1,
    /"DIR\/file": it, or a part of its path, is not a directory .*; check/,
  ],
  ["backup DIR/circle/new", 1, /"DIR\/circle": a link in the path may not be followed .*; name/],
  ["restore DIR/no DIR/new", 1, /Cannot restore backup "DIR\/no": there is no such file; check/],
  ["restore DIR/empty DIR/new", 1, /"DIR\/empty": it is no regular file; name the backup itself/],
  ["restore DIR/file DIR/new", 1, /"DIR\/file" is no backup; name a file that streambed backup/],
  ["salvage DIR/full", 1, /Cannot salvage to "DIR\/full": it is not empty; name a new directory/],
  ["salvage DIR/file", 1, /Cannot salvage to "DIR\/file": it is not a directory; name a new/],
  ["restore DIR/file DIR/full", 1, /Cannot .*; /],
  [
    "backup DIR/store/new",
    1,
    /Cannot back up to "DIR\/store\/new": it lies in store "DIR\/store"; name a place outside of/,
  ],
  [
    "salvage DIR/store/a/b",
    1,
    /Cannot salvage to "DIR\/store\/a\/b": it lies in store "DIR\/store/,
  ],
  ["restore DIR/no DIR/store/new", 1, /Cannot restore to "DIR\/store\/new": it lies in store "DIR/],
  [
    "-d DIR/store/new append t",
    1,
    /Cannot open store "DIR\/store\/new": there is none in it, but "DIR\/store" is one; name that/,
  ],
  ["-d DIR append t", 1, /Cannot open store "DIR": there is none in it, but "DIR\/[a-z-]+" is one/],
  ["dump DIR/no", 1, /Cannot open "DIR\/no": there is no such file or directory .*; check/],
  ["dump DIR/file/no", 1, /"DIR\/file\/no": it, or a part of its path, is not a dir.*; check/],
  ["dump DIR/circle", 1, /Cannot open "DIR\/circle": a link in the path may not be .*; name/],
  ["dump DIR/empty", 1, /Cannot dump "DIR\/empty": it is no regular file; name the files in it/],
  ["dump DIR/DIR", 1, /Cannot open .*: there is no such file or directory .*; check the path/],
  ["cat no", 1, /Cannot read topic "no": the store does not have it; streambed ls lists/],
  ["cat t --queue 9", 1, /Cannot read queue 9 of topic "t": the store does not .*; streambed ls/],
  ["get 1", 1, /Cannot get message at position 1: no record starts there; the log has/],
  ["groups no", 1, /Cannot list group "no": the store has no progress of it; streambed groups/],
  [
    "dlq h --drop --position 1",
    1,
    /Cannot settle position 1: group "h" has no .*; streambed dlq/,
  ],
  [
    "dlq no",
    1,
    /Cannot find dead letters of group "no": the store has nothing of it; streambed gr/,
  ],
  ["retry no --drop --all", 1, /Cannot find retries of group "no": the store has nothing of it; s/],
  [
    "dlq no --drop --position 1",
    1,
    /Cannot find dead letters of group "no": the store has nothing/,
  ],
  ["--log-directories DIR/no ls", 1, /log directory "DIR\/no" is not there; mount it/],
  ["-d DIR/commitlog-is-a-file ls", 1, /Cannot open .*commitlog.*; /],
  ["-d DIR/file append t", 1, /Cannot .*"DIR\/file": .*not a directory.*; /],
  ["-d DIR/file/new append t", 1, /"DIR\/file\/new": .*not a directory.*; /],
  ["-d DIR/circle append t", 1, /"DIR\/circle": .*; /],
  ["nonsense", 2, /Cannot run the command: unknown command 'nonsense'; see --help/],
  ["cat", 2, /Cannot run the command: missing required argument 'topic'; see --help/],
  ["cat t --nonsense", 2, /Cannot run the command: unknown option '--nonsense'; see --help/],
  ["cat t --from never", 2, /Cannot find the place "never": say earliest, latest/],
  ["metrics --json", 2, /Cannot print metrics as JSON: their format is Prometheus'; see info/],
  ["find t", 2, /Cannot find messages: say a key, --from/],
  ["export --from 2s --to 1s", 2, /Cannot export messages: --to is before --from/],
  ["verify --index-slots 3", 2, /Cannot divide the index: say --index-slots and --index-entries/],
  ["groups --reset g", 2, /Cannot reset: say groups --reset GROUP TOPIC --to WHERE/],
  ["dlq --drop", 2, /Cannot run dlq: say dlq \[GROUP\], or dlq GROUP with --replay or --drop/],
  ["groups g t --to earliest", 2, /Cannot list groups: --to goes with --reset; say groups --reset/],
  ["cat t --group h --from 3", 2, /as group "h" with --from: it goes on at offset 1 of queue 0; l/],
  ["tail t --group h --from -1", 2, /leave --from out, or set the group with groups --reset/],
  ["get 0 --topic other", 2, /position 0: --topic goes with a UNIQ_KEY, a .*; leave --topic out/],
  ["get 0 --body --json", 2, /command: --json and --body do not go together; leave one of them/],
  ["get 0 --format %o --body", 2, /--format and --body do not go together; leave one of them out/],
  ["find t k --json --format %o", 2, /--json and --format do not go together; leave one of them/],
  ["cat t --json --long", 2, /--json and --long do not go together; leave one of them out/],
  ["cat t --json --format %o", 2, /--json and --format do not go together; leave one of them out/],
  ["tail t --long --format %o", 2, /--format and --long do not go together; leave one of them out/],
  ["dump --position 5 a b", 2, /Cannot dump several files with --position: each begins elsewhere/],
  ["--log-directories , ls", 2, /--log-directories is "", it must be a path.*; see --help/],
];

test("run() tells in one line what is wrong, where, and what to do next", async () => {
  await using dir = await temporaryDirectory();
  await makePlace(dir.path);
  symlinkSync("circle", `${dir.path}/circle`);
  const store = readdirSync(`${dir.path}/store`);
  const before = readdirSync(dir.path);
  for (const [line, code, text] of FAILURES) {
    const args = line.split(" ").map((word) => word.replace("DIR", dir.path));
    const [ended, words] = await said(["--dir", `${dir.path}/store`, ...args]);
    assert.equal(ended, code, `${line}: ${words}`);
    assert.match(words.replaceAll(dir.path, "DIR"), text, `${line}: ${words}`);
    assert.match(words, /^streambed: Cannot [^\n]+\n$/, line);
    assert.doesNotMatch(words, /failed with|undefined|\[object/, line);
  }
  assert.deepEqual(readdirSync(dir.path), before, "nothing was made");
  assert.deepEqual(readdirSync(`${dir.path}/store`), store, "nor in the store");
  assert.equal(readFileSync(`${dir.path}/file`, "utf8"), "text\n");
});

test("run() says in a note that a list is empty, unless it is to be quiet", async () => {
  await using dir = await temporaryDirectory();
  {
    await using _ = await openStore(dir.path);
  }
  const lists = {
    ls: "there are no topics yet",
    groups: "no group has read yet",
    retry: "there are no retries",
    dlq: "there are no dead letters",
  };
  for (const [command, words] of Object.entries(lists)) {
    assert.deepEqual(await said(["--dir", dir.path, command]), [0, `${words}\n`]);
    assert.deepEqual(await said(["--dir", dir.path, command, "--quiet"]), [0, ""]);
    assert.deepEqual(await said(["--dir", dir.path, command, "--json"]), [0, ""]);
  }
  {
    await using store = await openStore(dir.path);
    await store.moveGroup("g", { topic: "t", queueId: 0, offset: 0 });
  }
  assert.deepEqual(await said(["--dir", dir.path, "dlq", "g"]), [0, "there are no dead letters\n"]);
});

test("failureText() has words for what a call of the library failed with", () => {
  for (const code of ["EACCES", "EIO", "EISDIR", "ENOENT", "ENOSPC", "ENOTDIR", "EROFS"]) {
    const error = systemError(new Errno(code, 1, "pwrite"), "write segment", "/data/a");
    assert.match(
      failureText(error),
      new RegExp(`^Cannot write segment "/data/a": [a-z ,-]+ \\(pwrite: ${code}\\); [a-z ,']+$`),
    );
  }
  const known = systemError(new Errno("EMFILE", 24, "openat2"), "open segment", "a");
  assert.equal(failureText(known), known.message, "the library says what to do");
  const unknown = systemError(new Errno("EUNKNOWN", 0, "pwrite"), "write segment", "a");
  assert.equal(failureText(unknown), 'Cannot write segment "a": pwrite failed with EUNKNOWN');
});

test("failureText() says what to do in words of the command line, and leaves names as they are", () => {
  const path = "/data/logDirectories";
  const said = (remedy: string) => failureText(unsafePath("group-writable", path, remedy));
  const told = `Cannot open "${path}": its group may write to it; `;
  for (
    const [library, command] of [
      ["mount it, or open with trustDirectory", "mount it, or say --trust-directory"],
      ["name where they lie with logDirectories", "name where they lie with --log-directories"],
      [
        "close that writer first, or open with readOnly",
        "close that writer first; commands that only read run beside it",
      ],
    ]
  ) assert.equal(said(library), told + command);
});

test("failureText() has words for what a call of the runtime failed with", () => {
  assert.throws(() => openSync("/", "w"), (error) => {
    assert.equal(
      failureText(error),
      'Cannot open "/": it is a directory (open: EISDIR); name a file',
    );
    return true;
  });
  assert.equal(failureText(new RangeError("Cannot read: too far")), "Cannot read: too far");
  assert.equal(failureText("thrown"), "thrown");
});

/** Runs a command through a shell, which leads its streams elsewhere. */
function shell(args: string, streams: string): Promise<[code: number, err: string]> {
  const command = `${scriptCommand(PROGRAM).join(" ")} ${args} ${streams}`;
  return new Promise((resolve) => {
    execFile("sh", ["-c", command], (error, _, err) => {
      resolve([error === null ? 0 : Number(error.code), err]);
    });
  });
}

test("streambed tells what is wrong with standard input and standard output", async () => {
  await using dir = await temporaryDirectory();
  await makePlace(dir.path);
  const [full, help, folder, head] = await Promise.all([
    shell(`ls -d ${dir.path}/store`, ">/dev/full"),
    shell("--help", ">/dev/full"),
    shell(`append t -d ${dir.path}/new`, "</"),
    shell(`export -d ${dir.path}/store`, "| true; exit 0"),
  ]);
  for (const [code, err] of [full, help]) {
    assert.equal(code, 1);
    assert.match(err, /^streambed: Cannot write to standard output: no room is left .*; make/);
  }
  assert.deepEqual(folder, [
    1,
    "streambed: Cannot read standard input: it is a directory; lead a file or a pipe to it\n",
  ]);
  assert.equal(readdirSync(dir.path).includes("new"), false);
  assert.match(head[1], /^(1 message of 1 topic\n)?$/);
});
