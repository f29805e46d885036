/**
 * The stores that Streambed is measured against, each driven the way that was found to be its
 * fastest here.
 *
 * @module
 */
import { mkdirSync } from "node:fs";

/** An open database of another kind, as a log: keys or row ids count up. */
export interface Peer {
  /** Appends a body so many times in one transaction. */
  append(body: Uint8Array, count: number): void;
  /** Reads everything in order; gives each body to `touch`. */
  readAll(touch: (body: Uint8Array) => void): void;
  /** Closes it. */
  close(): Promise<void>;
}

/** How a peer is opened. */
export interface PeerOptions {
  /** Whether a transaction is on the disk when it ends, or only in the page cache. */
  readonly isFlushed: boolean;
}

/** A kind of peer. */
export interface PeerKind {
  /** Name in the tables. */
  readonly name: string;
  /** Opens a database in an empty directory, or one that is there. */
  open(directory: string, options: PeerOptions): Promise<Peer>;
}

/** Address space of LMDB's mapping; its file grows as it is written. */
const LMDB_MAP_BYTE_LENGTH = 8 * 1024 * 1024 * 1024;

/** LMDB: synchronous transactions, keys in order with `MDB_APPEND`, values as they are. */
export const LMDB: PeerKind = {
  name: "lmdb",
  async open(directory, { isFlushed }) {
    const { open } = await import("npm:lmdb@3.5.6");
    const database = open<Uint8Array, number>({
      path: directory,
      encoding: "binary",
      keyEncoding: "uint32",
      mapSize: LMDB_MAP_BYTE_LENGTH,
      noSync: !isFlushed,
    });
    let key = database.getKeysCount();
    // The package's types call the third argument a version; it takes MDB_APPEND in the same place.
    const append = { append: true } as never;
    return {
      append: (body, count) =>
        database.transactionSync(() => {
          for (let index = 0; index < count; index++) database.putSync(key++, body, append);
        }),
      readAll(touch) {
        for (const { value } of database.getRange()) touch(value);
      },
      close: () => database.close(),
    };
  },
};

/** What both bindings of SQLite have. */
interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): {
    run(body: Uint8Array): unknown;
    iterate(): Iterable<unknown>;
  };
  close(): unknown;
}

/** SQLite: WAL, `synchronous=OFF` (committed) or `FULL` (flushed), one prepared statement. */
export const SQLITE: PeerKind = {
  name: "sqlite",
  async open(directory, { isFlushed }) {
    mkdirSync(directory, { recursive: true });
    const database = await openSqlite(`${directory}/log.db`);
    database.exec("PRAGMA journal_mode = WAL");
    database.exec(`PRAGMA synchronous = ${isFlushed ? "FULL" : "OFF"}`);
    database.exec("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, body BLOB)");
    const insert = database.prepare("INSERT INTO log (body) VALUES (?)");
    const select = database.prepare("SELECT body FROM log ORDER BY id");
    return {
      append(body, count) {
        database.exec("BEGIN");
        for (let index = 0; index < count; index++) insert.run(body);
        database.exec("COMMIT");
      },
      readAll(touch) {
        for (const row of select.iterate()) touch((row as { body: Uint8Array }).body);
      },
      close: () => Promise.resolve(void database.close()),
    };
  },
};

/** Version of the peers, and by which binding. */
export async function describePeers(): Promise<string[]> {
  const { binding } = await loadSqlite();
  return ["lmdb 3.5.6", `SQLite by ${binding}`];
}

async function openSqlite(path: string): Promise<SqliteDatabase> {
  const { open } = await loadSqlite();
  return open(path);
}

/**
 * `better-sqlite3` brings its binary along; where there is none for the machine, the runtime's own
 * SQLite stands in.
 */
async function loadSqlite(): Promise<{ binding: string; open(path: string): SqliteDatabase }> {
  try {
    const { default: Database } = await import("npm:better-sqlite3@13.2.0");
    // Loads the binary, which the import alone does not.
    new Database(":memory:").close();
    return { binding: "better-sqlite3 13.2.0", open: (path) => new Database(path) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { DatabaseSync } = await import("node:sqlite");
    return {
      binding: `node:sqlite (better-sqlite3 does not load: ${error.message.split("\n")[0]})`,
      open: (path) => new DatabaseSync(path) as unknown as SqliteDatabase,
    };
  }
}
