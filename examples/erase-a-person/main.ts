/**
 * Makes what a log has of a person unreadable: by deleting the key that only their messages have.
 *
 * @module
 */
import { openStore, type Store, type StoredMessage } from "@streambed/log";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";

/** What is kept of a person outside of the log: the only way from a name to messages. */
interface Secret {
  readonly pseudonym: string;
  readonly key: JsonWebKey;
}

const AES = "AES-GCM";
const IV_LENGTH = 12;

const [directory = "data", secrets = "keys"] = process.argv.slice(2);
await using store = await openStore(directory);
await mkdir(secrets, { recursive: true, mode: 0o700 });

await write(store, "anna", "moved to Main Street 1");
await write(store, "bert", "born on 1 May");
await write(store, "anna", "has a new phone");
await printAll(store, "before");

await erase("anna");
await printAll(store, "after");

/** Only the body is secret: topic, tags, keys, properties, times and lengths are in clear text. */
async function write(store: Store, person: string, text: string): Promise<void> {
  const { pseudonym, key } = await secretOf(person) ?? await makeSecret(person);
  const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH));
  const sealed = await crypto.subtle.encrypt(
    { name: AES, iv },
    await importKey(key),
    new TextEncoder().encode(text),
  );
  const body = new Uint8Array(IV_LENGTH + sealed.byteLength);
  body.set(iv);
  body.set(new Uint8Array(sealed), IV_LENGTH);
  await store.append({ topic: "people", body, keys: pseudonym });
}

async function printAll(store: Store, when: string): Promise<void> {
  const people = await Promise.all(["anna", "bert"].map((person) => secretOf(person)));
  for await (const message of store.queue("people").read()) {
    const secret = people.find((one) => one?.pseudonym === message.keys[0]);
    console.log(`${when}: ${secret === undefined ? "erased" : await unseal(message, secret)}`);
  }
}

async function unseal({ body }: StoredMessage, { key }: Secret): Promise<string> {
  const [iv, sealed] = [body.slice(0, IV_LENGTH), body.slice(IV_LENGTH)];
  const bytes = await crypto.subtle.decrypt({ name: AES, iv }, await importKey(key), sealed);
  return new TextDecoder().decode(bytes);
}

/** From here on nobody can read what the log has of them, in none of its copies. */
async function erase(person: string): Promise<void> {
  await rm(join(secrets, `${person}.json`));
  await syncFolder();
}

async function secretOf(person: string): Promise<Secret | undefined> {
  try {
    return JSON.parse(await readFile(join(secrets, `${person}.json`), "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** On the disk before the first message is: a body whose key is lost is lost too. */
async function makeSecret(person: string): Promise<Secret> {
  const made = await crypto.subtle.generateKey({ name: AES, length: 256 }, true, ["encrypt"]);
  const key = await crypto.subtle.exportKey("jwk", made);
  const secret = {
    pseudonym: crypto.randomUUID(),
    key: { ...key, key_ops: ["encrypt", "decrypt"] },
  };
  await using file = await open(join(secrets, `${person}.json`), "wx", 0o600);
  await file.writeFile(JSON.stringify(secret));
  await file.sync();
  await syncFolder();
  return secret;
}

async function importKey(key: JsonWebKey): Promise<CryptoKey> {
  return await crypto.subtle.importKey("jwk", key, AES, false, ["encrypt", "decrypt"]);
}

async function syncFolder(): Promise<void> {
  await using folder = await open(secrets);
  await folder.sync();
}
