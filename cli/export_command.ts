/**
 * `streambed export [TOPIC]...`: all messages as JSON, one a line.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { TOPIC_ON_DISK } from "../storage/arguments/mod.ts";
import type { Store } from "../storage/mod.ts";
import { checkedEach } from "./arguments.ts";
import type { Context } from "./context.ts";
import { topicOf, withReader } from "./open_store.ts";
import { countText } from "./text.ts";
import { parseTime, refuseBackwards, TIME_HELP, type TimeSpan } from "./where.ts";

type Topics = ReturnType<Store["topics"]>;

export function addExport(program: Command, context: Context): void {
  program.command("export")
    .description("print the messages of all topics, or of these, as JSON, one a line (NDJSON)")
    .argument("[topic...]", "only these topics", checkedEach("topic", TOPIC_ON_DISK))
    .option("--from <time>", `stored then or later: ${TIME_HELP}`, parseTime)
    .option("--to <time>", "stored before, said alike", parseTime)
    .action(async (names: readonly string[] | undefined, options: TimeSpan) => {
      refuseBackwards("export messages", options);
      await withReader(context, async (store) => {
        const topics = names === undefined || names.length === 0
          ? store.topics()
          : names.map((name) => topicOf(store, name));
        const count = await exportTopics(context, store, topics, options);
        context.note(`${countText(count, "message")} of ${countText(topics.length, "topic")}`);
      });
    });
}

/** Topic by topic, queue by queue, each in its order. Gives how many messages there were. */
async function exportTopics(
  context: Context,
  store: Store,
  topics: Topics,
  { from: since, to: until }: TimeSpan,
): Promise<number> {
  const { signal, output } = context;
  // A bar among the lines would be neither.
  const progress = context.progress("export", "bytes", !context.onTerminal);
  const { committedPosition, earliestPosition } = store.info;
  const total = committedPosition - earliestPosition;
  let [count, doneByteLength] = [0, 0];
  try {
    for (const { topic, queues } of topics) {
      for (const { queueId } of queues) {
        for await (const message of store.queue(topic, queueId).read({ since, until, signal })) {
          output.json(message.toJSON());
          context.noteCompressed(message);
          count++;
          doneByteLength += message.byteLength;
          progress.update(doneByteLength, total, `${topic}/${queueId}`);
        }
      }
    }
  } finally {
    progress.stop();
  }
  return count;
}
