/**
 * The databases that Streambed is measured against, each driven the way that was found to be its
 * fastest here.
 *
 * @module
 */
import type { Turn } from "./turn.ts";

/** An open database as a log: keys or row ids count up. */
export interface Database {
  /** Appends so many of some bodies, again and again, in one transaction. */
  append(bodies: readonly Uint8Array[], count: number): void;
  /** Reads everything in order; gives each body to `touch`. */
  readAll(touch: (body: Uint8Array) => void): void;
  /** Closes it. */
  close(): Promise<void>;
}

/** Address space of LMDB's mapping; its file grows as it is written. */
const LMDB_MAP_BYTE_LENGTH = 8 * 1024 * 1024 * 1024;

/**
 * Opens the database of a turn in its directory.
 *
 * @param turn The turn.
 * @param isFlushed Whether a transaction is on the disk when it ends, or only in the page cache.
 * @returns The database.
 */
export async function openDatabase({ how, path }: Turn, isFlushed: boolean): Promise<Database> {
  return how.database === "lmdb"
    ? await openLmdb(path, isFlushed)
    : await openSqlite(path, isFlushed);
}

/** Synchronous transactions, keys in order with `MDB_APPEND`, values as they are. */
async function openLmdb(path: string, isFlushed: boolean): Promise<Database> {
  const { open } = await import("npm:lmdb@3.5.6");
  const database = open<Uint8Array, number>({
    path,
    encoding: "binary",
    keyEncoding: "uint32",
    mapSize: LMDB_MAP_BYTE_LENGTH,
    noSync: !isFlushed,
  });
  let key = database.getKeysCount();
  // The package's types call the third argument a version; it takes MDB_APPEND in the same place.
  const append = { append: true } as never;
  return {
    append: (bodies, count) =>
      database.transactionSync(() => {
        for (let index = 0; index < count; index++) {
          database.putSync(key, bodies[key % bodies.length], append);
          key++;
        }
      }),
    readAll(touch) {
      for (const { value } of database.getRange()) touch(value);
    },
    close: () => database.close(),
  };
}

/** What both bindings of SQLite have. */
interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(body: Uint8Array): unknown;
    iterate(): Iterable<unknown>;
  };
  close(): unknown;
}

/** WAL, `synchronous=OFF` (committed) or `FULL` (flushed), one prepared statement. */
async function openSqlite(path: string, isFlushed: boolean): Promise<Database> {
  const { open } = await loadSqlite();
  const database = open(`${path}/log.db`);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec(`PRAGMA synchronous = ${isFlushed ? "FULL" : "OFF"}`);
  database.exec("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, body BLOB)");
  const insert = database.prepare("INSERT INTO log (body) VALUES (?)");
  const select = database.prepare("SELECT body FROM log ORDER BY id");
  let number = 0;
  return {
    append(bodies, count) {
      database.exec("BEGIN");
      for (let index = 0; index < count; index++) insert.run(bodies[number++ % bodies.length]);
      database.exec("COMMIT");
    },
    readAll(touch) {
      for (const row of select.iterate()) touch((row as { body: Uint8Array }).body);
    },
    close: () => Promise.resolve(void database.close()),
  };
}

/**
 * `better-sqlite3` brings its binary along; where there is none for the machine, the runtime's own
 * SQLite stands in.
 *
 * @returns Which it is, and how a file is opened by it.
 */
export async function loadSqlite(): Promise<
  { readonly binding: string; open(path: string): SqliteDatabase }
> {
  try {
    const { default: Driver } = await import("npm:better-sqlite3@13.2.0");
    // Loads the binary, which the import alone does not.
    new Driver(":memory:").close();
    return { binding: "better-sqlite3 13.2.0", open: (path) => new Driver(path) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { DatabaseSync } = await import("node:sqlite");
    return {
      binding: `node:sqlite (better-sqlite3 does not load: ${error.message.split("\n")[0]})`,
      open: (path) => new DatabaseSync(path) as unknown as SqliteDatabase,
    };
  }
}
