/**
 * Sends mails: what fails is tried again, then put aside, mended and replayed.
 *
 * @module
 */
import { consume, openStore, source, type Store, type StoredMessage } from "@streambed/log";
import { run } from "@streambed/log/cli";
import process from "node:process";

const GROUP = "mailer";
const addresses = new Map([["anna", "anna@example.org"]]);

const [directory = "data"] = process.argv.slice(2);
{
  await using store = await openStore(directory);
  await store.appendAll([
    { topic: "mails", body: "Welcome, Anna", keys: "anna" },
    { topic: "mails", body: "Welcome, Bert", keys: "bert" },
  ]);
  await sendMails(store);
  await listDeadLetters(store);
}

console.log("mended: bert has an address now");
addresses.set("bert", "bert@example.org");
// The same as: npx streambed --dir data dlq mailer --replay --all
await run(["--quiet", "--dir", directory, "dlq", GROUP, "--replay", "--all"]);
{
  await using store = await openStore(directory);
  await sendMails(store);
}

/** Sends what is there; what fails is tried twice more, at once. */
async function sendMails(store: Store): Promise<void> {
  const result = await consume(store, "mails", {
    group: GROUP,
    retry: { limit: 2, delayMs: () => 0 },
    handle: (mail, { attempt }) => send(mail, attempt),
    follow: false,
  });
  console.log(`${result.doneCount} sent, ${result.deadLetterCount} put aside`);
}

function send(mail: StoredMessage, attempt: number): void {
  const [name] = mail.keys;
  const address = addresses.get(name);
  console.log(`try ${attempt} for ${name}: ${address ?? "no address"}`);
  if (address === undefined) throw new Error(`${name} has no address`);
}

/** A dead letter is a message like any other, in a topic of the group. */
async function listDeadLetters(store: Store): Promise<void> {
  for await (const letter of source(store, `%DLQ%${GROUP}`)) {
    console.log(`dead letter: ${letter.text()} (${letter.properties.get("SB_CAUSE")})`);
  }
}
