/**
 * Faults of consuming: what is handled when, how often, and how much at once.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";
import { CONSUMING, CRASHES } from "./retry_faults.ts";

/** Faults. */
export const CONSUME_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "adapters/consume/lane.ts",
    tests: CRASHES,
    faults: [{
      name: "consume-unknown",
      breaks: "a run that died at once goes on elsewhere",
      symbol: "Lane.begin",
      find: "await innerPortOf(this.#parts.store).writeGroups();",
      put: "",
    }, {
      name: "consume-base",
      breaks: "offsets are told from a progress that is not durable",
      symbol: "Lane.#load",
      find: "await innerPortOf(store).writeGroups();",
      put: "innerPortOf(store);",
    }, {
      name: "consume-passed",
      breaks: "progress passes what is not done",
      symbol: "Lane.done",
      find: "end < 0 ? held.taken.length : end",
      put: "held.taken.length",
    }, {
      name: "consume-whose",
      breaks: "what one store has sent back is taken for that of another",
      symbol: "Lane.#load",
      find: "[wordOf(storeId)]",
      put: "[]",
    }],
  }),
  ...faultsOf({
    file: "adapters/consume/lane.ts",
    tests: CONSUMING,
    faults: [{
      name: "consume-end",
      breaks: "what progress has passed is told after an orderly end",
      symbol: "Lane.end",
      find: "await sentBack?.end()",
      put: "await Promise.resolve(sentBack)",
    }, {
      name: "consume-body",
      breaks: "a copy has the body that the handler has changed",
      symbol: "Lane.sendBack",
      find: "await this.#parts.store.get(position) ?? copy.message",
      put: "copy.message; position",
    }, {
      name: "consume-kept",
      breaks: "a run that has ended keeps its queues",
      symbol: "Lane.release",
      find: "claim.release();",
      put: "claim;",
    }, {
      name: "consume-next",
      breaks: "progress is not kept",
      symbol: "Lane.done",
      find: "held.claim.done(held.next);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/consume/lane.ts",
    tests: ["tests/adapters/consume/room_test.ts"],
    faults: [{
      name: "consume-room-count",
      breaks: "what waits for one before it takes no room",
      symbol: "Lane.done",
      find: "room.giveCount(done.length);",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/consume/room.ts",
    tests: ["tests/adapters/consume/room_test.ts"],
    faults: [{
      name: "room-count",
      breaks: "so many messages are under way as there are",
      symbol: "Room.wait",
      find: "this.#count >= COUNT_MAX || ",
      put: "",
    }, {
      name: "room-bytes",
      breaks: "so many bytes are under way as there are",
      symbol: "Room.wait",
      find: " || this.#byteLength >= BYTE_LENGTH_MAX",
      put: "",
    }, {
      name: "room-end",
      breaks: "a run that waits for room does not see its end",
      symbol: "Room.end",
      find: "this.#wake();",
      put: "",
    }, {
      name: "room-ended",
      breaks: "a run that has ended waits for room",
      symbol: "Room.wait",
      find: "!this.#isEnded && ",
      put: "",
    }, {
      name: "room-woken",
      breaks: "what waits for bytes is not woken",
      symbol: "Room.giveBytes",
      find: "this.#wake();",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "adapters/consume/ordered_work.ts",
    tests: ["tests/adapters/consume/ordered_work_test.ts"],
    faults: [{
      name: "order-none",
      breaks: "the order of a key is not kept",
      symbol: "OrderedWork.add",
      find: "Promise.all(before)",
      put: "Promise.resolve()",
    }, {
      name: "order-last",
      breaks: "work waits for one of its keys alone",
      symbol: "OrderedWork.add",
      find: "Promise.all(before)",
      put: "Promise.resolve(before.at(-1))",
    }, {
      name: "order-first-key",
      breaks: "a second key holds up nothing",
      symbol: "OrderedWork.add",
      find: "for (const key of keys) this.#last.set(key, ended);",
      put: "for (const key of keys.slice(0, 1)) this.#last.set(key, ended);",
    }, {
      name: "order-held",
      breaks: "work that waits for a key takes room",
      symbol: "OrderedWork.add",
      find: "Promise.all(before) .then(() => this.#begin())",
      put: "Promise.resolve().then(() => this.#begin()).then(() => Promise.all(before))",
    }, {
      name: "order-concurrency",
      breaks: "all is under way at once",
      symbol: "OrderedWork.#begin",
      find: "this.#freeCount > 0",
      put: "this.#freeCount > -1e9",
    }, {
      name: "order-room",
      breaks: "room is given back twice",
      symbol: "OrderedWork.#end",
      find: "else next();",
      put: "else { this.#freeCount++; next(); }",
    }, {
      name: "order-forgotten",
      breaks: "a key is forgotten while work that has it goes on",
      symbol: "OrderedWork.#end",
      find: "if (this.#last.get(key) === ended) ",
      put: "",
    }, {
      name: "order-idle",
      breaks: "a run ends while work goes on that came meanwhile",
      symbol: "OrderedWork.idle",
      find: "while (",
      put: "if (",
    }],
  }),
  ...faultsOf({
    file: "adapters/consume/consume.ts",
    tests: CONSUMING,
    faults: [{
      name: "consume-limit",
      breaks: "a message is tried once less than asked for",
      symbol: "ConsumeRun.#sendBack",
      find: "attempt > limit",
      put: "attempt >= limit",
    }, {
      name: "consume-attempt",
      breaks: "a try does not count those before it",
      symbol: "ConsumeRun.#handle",
      find: "message.reconsumeTimes + 1 : 1",
      put: "message.reconsumeTimes : 1",
    }, {
      name: "consume-others",
      breaks: "tries of another group are counted",
      symbol: "ConsumeRun.#handle",
      find: "lane.isRetry ? ",
      put: "message !== undefined ? ",
    }, {
      name: "consume-lost",
      breaks: "a failing message is passed over when its copy fails",
      symbol: "ConsumeRun.#handle",
      find: "await this.#sendBack(lane, message, attempt, failure);",
      put: "await this.#sendBack(lane, message, attempt, failure).catch(() => {});",
    }, {
      name: "consume-stopped",
      breaks: "what gives up as the run ends is a failure",
      symbol: "ConsumeRun.#handle",
      find: "if (signal.aborted) return; await this.#sendBack(",
      put: "await this.#sendBack(",
    }, {
      name: "consume-goes-on",
      breaks: "what has not begun is handled after the end",
      symbol: "ConsumeRun.#handle",
      find: "if (signal.aborted) return; const { message }",
      put: "const { message }",
    }, {
      name: "consume-order-key",
      breaks: "messages with a key in common are handled at once",
      symbol: "ConsumeRun.#add",
      find: 'order === "key" ? message.keys : [queueName(message.topic, message.queueId)]',
      put: 'order === "key" ? [] : [queueName(message.topic, message.queueId)]',
    }, {
      name: "consume-order-queue",
      breaks: "a queue is in no order",
      symbol: "ConsumeRun.#add",
      find: "[queueName(message.topic, message.queueId)]",
      put: "[`${message.offset}`]",
    }, {
      name: "consume-concurrency",
      breaks: "concurrency does nothing",
      symbol: "ConsumeRun.constructor",
      find: "parts.concurrency ?? 1",
      put: "1",
    }, {
      name: "consume-one",
      breaks: "messages are handled side by side unless asked",
      symbol: "ConsumeRun.constructor",
      find: "parts.concurrency ?? 1",
      put: "parts.concurrency ?? 1024",
    }, {
      name: "consume-two-runs",
      breaks: "two runs of a group meet only at the first failure",
      symbol: "ConsumeRun.#openLanes",
      find: "[0, ...queueIdsOf(into, retry)]",
      put: "queueIdsOf(into, retry)",
    }, {
      name: "consume-dead-letter",
      breaks: "deadLetter does nothing",
      symbol: "ConsumeRun.#sendBack",
      find: "if (isLast && !deadLetter) throw error;",
      put: "deadLetter;",
    }, {
      name: "consume-first-level",
      breaks: "the first retry waits as long as the second",
      symbol: "ConsumeRun.#delayMs",
      find: "FIRST_LEVEL + attempt - 1",
      put: "FIRST_LEVEL + attempt",
    }, {
      name: "consume-later-level",
      breaks: "each retry waits as long as the first",
      symbol: "ConsumeRun.#delayMs",
      find: "FIRST_LEVEL + attempt - 1",
      put: "FIRST_LEVEL",
    }, {
      name: "consume-told-delay",
      breaks: "delayMs does nothing",
      symbol: "ConsumeRun.#delayMs",
      find: "if (isDelay) return delayMs as number;",
      put: "if (isDelay) return DELAY_LEVELS_MS[level - 1];",
    }, {
      name: "consume-any-delay",
      breaks: "a wrong delay is taken",
      symbol: "ConsumeRun.#delayMs",
      find: "(delayMs as number) >= 0",
      put: "true",
    }, {
      name: "consume-drain",
      breaks: "a run ends before what it sent back was handled",
      symbol: "ConsumeRun.#drain",
      find: "!isDrained && !signal.aborted",
      put: "isDrained !== true && this.#result.retriedCount === 0",
    }, {
      name: "consume-cause",
      breaks: "a copy does not say why",
      symbol: "causeOf",
      find: "`${error.name}: ${error.message}`",
      put: '""',
    }, {
      name: "consume-reader",
      breaks: "a store that cannot take copies is found out at the first failure",
      symbol: "consumeOpened",
      find: 'into.info.role === "reader"',
      put: 'into.info.role === ("none" as string)',
    }, {
      name: "consume-unawaited",
      breaks: "a message is done before its handler is",
      symbol: "ConsumeRun.#call",
      find: "if (isPromise(handling)) await stop.until(Promise.resolve(handling));",
      put: "void (isPromise(handling) && handling.catch?.(() => {})); stop;",
    }],
  }),
  ...faultsOf({
    file: "adapters/consume/consume.ts",
    tests: ["tests/adapters/consume/room_test.ts"],
    faults: [{
      name: "consume-room",
      breaks: "so many messages are under way as there are",
      symbol: "ConsumeRun.#add",
      find: "await lane.room.wait();",
      put: "",
    }, {
      name: "consume-room-end",
      breaks: "a run that waits for room does not see its end",
      symbol: "ConsumeRun.run",
      find: "() => this.#lanes.forEach(({ room }) => room.end())",
      put: "() => {}",
    }],
  }),
  ...faultsOf({
    file: "adapters/consume/consume.ts",
    tests: ["tests/adapters/consume/foreign_messages_test.ts"],
    faults: [{
      name: "consume-inner-batch",
      breaks: "a batch of RocketMQ's is copied to where nobody can read it",
      symbol: "ConsumeRun.#sendBack",
      find: "if ((message.sysFlag & FLAG_INNER_BATCH) !== 0) throw error;",
      put: "FLAG_INNER_BATCH;",
    }],
  }),
  ...faultsOf({
    file: "adapters/consume/consume.ts",
    tests: ["tests/adapters/topic/consume_test.ts"],
    faults: [{
      name: "consume-unfit",
      breaks: "a value that does not fit is tried again and again",
      symbol: "ConsumeRun.#sendBack",
      find: "isFinal || attempt > limit",
      put: "attempt > limit",
    }],
  }),
];
