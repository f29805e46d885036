/**
 * Faults of messages with an exact time.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const TIMED = [
  "tests/storage/life/timed_test.ts",
  "tests/storage/life/timed_broker_test.ts",
];
const CRASH = ["tests/storage/life/timed_crash_test.ts"];

/** Faults. */
export const TIMED_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/life/delivery_log.ts",
    tests: CRASH,
    faults: [{
      name: "timed-atomic",
      breaks: "a copy is there without the record that tells of it",
      symbol: "DeliveryLog.#deliver",
      find: "const { endPosition } = await this.#append([...copies, told]);",
      put:
        "if (copies.length > 0) await this.#append(copies); const { endPosition } = await this.#append([told]);",
      also: [{
        file: "storage/life/delivery_log.ts",
        symbol: "DeliveryLog.#deliver",
        find: "prepareCopy(record, place, { index, count })",
        put: "prepareCopy(record, place, (index, undefined as never))",
      }, {
        file: "storage/life/delivery_log.ts",
        symbol: "DeliveryLog.#deliver",
        find: "{ index: count - 1, count }",
        put: "undefined",
      }],
    }],
  }),
  ...faultsOf({
    file: "storage/life/timed_progress.ts",
    tests: TIMED,
    faults: [{
      name: "timed-mirror-leads",
      breaks: "a power cut takes what was delivered, and the file says that it was",
      symbol: "TimedProgress.#write",
      find: "await this.#flushTo(endPosition);",
      put: "this.#flushTo;",
      by: { tests: CRASH },
    }, {
      name: "timed-unknown",
      breaks: "messages are delivered though it is not known what a broker has delivered",
      symbol: "TimedProgress.isKnown",
      find: "this.#opened?.checkpoint.isKnown !== false",
      put: "this.#opened !== null",
    }, {
      name: "timed-damaged",
      breaks: "messages are delivered again where the last record cannot be read",
      symbol: "TimedProgress.isKnown",
      find: "this.#isToldKnown && ",
      put: "(this.#isToldKnown || true) && ",
    }],
  }),
  ...faultsOf({
    file: "storage/broker/timer_checkpoint.ts",
    tests: TIMED,
    faults: [{
      name: "timed-wheel",
      breaks: "a broker delivers what its wheel holds, which was delivered",
      symbol: "TimerCheckpoint.write",
      find: "this.#removeWheel();",
      put: "this.#record = record;",
    }, {
      name: "timed-order",
      breaks: "a broker that starts between two steps loses what its wheel held",
      symbol: "TimerCheckpoint.write",
      find: "await replaceFile(",
      put: "this.#removeWheel(); await replaceFile(",
      by: { tests: CRASH },
    }],
  }),
  ...faultsOf({
    file: "storage/life/timed_queue.ts",
    tests: TIMED,
    faults: [{
      name: "timed-late-lost",
      breaks: "what comes late counts as delivered, with the time that others had",
      symbol: "TimedQueue.#without",
      find: "late?.offset ?? this.#seen",
      put: "late?.offset !== undefined ? this.#seen : this.#seen",
    }, {
      name: "timed-late-twice",
      breaks: "what came late and was delivered is delivered again after a kill",
      symbol: "TimedQueue.#without",
      find: "return { low: timed.offset, end }",
      put: "return { low: timed.offset, end: timed.offset + 0 * end }",
    }, {
      name: "timed-low",
      breaks: "what waits behind what was delivered is lost",
      symbol: "TimedQueue.#without",
      find: "return { low: timed.offset, end }",
      put: "return { low: end, end }",
    }, {
      name: "timed-moved-twice",
      breaks: "what is stored again to wait is delivered where it was as well",
      symbol: "TimedQueue.move",
      find: "const rest = this.#without(all);",
      put: "const rest = this.#without(new Set<Timed>());",
    }, {
      name: "timed-restore",
      breaks: "what could not be delivered is forgotten",
      symbol: "TimedQueue.restore",
      find: "for (const timed of ordered) this.#waiting.order(timed);",
      put: "ordered;",
    }, {
      name: "timed-set-back",
      breaks: "a clock that was set back holds messages up",
      symbol: "TimedQueue.mustMove",
      find: "this.#time > now + SET_BACK_MS_MAX",
      put: "this.#time > Infinity",
    }, {
      name: "timed-broker",
      breaks: "what a broker has delivered is delivered again",
      symbol: "TimedQueue.#isDone",
      find: "broker !== undefined && offset < broker.end",
      put: "broker !== undefined && offset < broker.end - 100",
    }, {
      name: "timed-gaps",
      breaks: "a broker delivers again what was delivered behind the first that waits",
      symbol: "TimedQueue.hasGaps",
      find: "this.#waiting.count < this.#seen - low",
      put: "this.#waiting.count < this.#seen - low && low < 0",
    }, {
      name: "timed-early",
      breaks: "a message is delivered before its time",
      symbol: "TimedQueue.take",
      find: "next.time <= now",
      put: "next.time <= now + 400",
    }, {
      name: "timed-doubt",
      breaks: "what a broker may have delivered is delivered again in a copy without its file",
      symbol: "TimedQueue.#doubt",
      find: "if (!isOwn) this.#isDoubtful = true;",
      put: "if (!isOwn) this.#isDoubtful = false;",
    }, {
      name: "timed-rolled",
      breaks: "what RocketMQ's timer has stored again is delivered twice",
      symbol: "TimedQueue.#replace",
      find: "if (replaced === undefined) return;",
      put: "return;",
    }, {
      name: "timed-taken-back",
      breaks: "a message is delivered that was taken back",
      symbol: "TimedQueue.#put",
      find: "!this.#isTakenBack(record)",
      put: "!this.#isTakenBack(record) || true",
    }],
  }),
  ...faultsOf({
    file: "storage/layout/timed_message.ts",
    tests: TIMED,
    faults: [{
      name: "timed-far",
      breaks: "a message waits longer than RocketMQ lets one wait",
      symbol: "prepareTimed",
      find: "deliverAt - now > TIMED_AHEAD_MS_MAX",
      put: "deliverAt - now > 2 * TIMED_AHEAD_MS_MAX",
    }, {
      name: "timed-past",
      breaks: "a message whose time has come waits",
      symbol: "prepareTimed",
      find: "deliverAt <= now",
      put: "deliverAt < now - 10_000",
    }, {
      name: "timed-slot",
      breaks: "RocketMQ's timer delivers a message of a whole second one later",
      symbol: "slotOf",
      find: "(Math.ceil(deliverAt / SLOT_MS) - 1) * SLOT_MS",
      put: "Math.floor(deliverAt / SLOT_MS) * SLOT_MS",
      by: { tests: ["tests/storage/layout/timed_message_test.ts"] },
    }],
  }),
  ...faultsOf({
    file: "storage/life/deliveries.ts",
    tests: TIMED,
    faults: [{
      name: "timed-kept",
      breaks: "retention deletes what waits for its time",
      symbol: "Deliveries.lowestPosition",
      find: "Math.min(this.levels.lowestPosition(), this.#timed.lowestPosition())",
      put: "Math.min(this.levels.lowestPosition(), Infinity)",
    }, {
      name: "timed-shared",
      breaks: "the record of a level forgets how far exact times are",
      symbol: "Deliveries.constructor",
      find: "timed: this.#timed.told }",
      put: "timed: undefined }",
    }],
  }),
  ...faultsOf({
    file: "cli/salvage_timed.ts",
    tests: ["tests/cli/delay_test.ts"],
    faults: [{
      name: "timed-salvage",
      breaks: "salvage lets wait what was delivered",
      symbol: "SalvagedTimes.learn",
      find: "if (isWhole) {",
      put: "if (isWhole && before < 0) {",
    }, {
      name: "timed-salvage-lost",
      breaks: "salvage loses what was delivered in a batch whose record of progress is damaged",
      symbol: "SalvagedTimes.learn",
      find: "|| this.#isLost(timed.message)",
      put: "",
    }, {
      name: "timed-salvage-told",
      breaks: "salvage lets wait what a broker has delivered",
      symbol: "SalvagedTimes.rest",
      find: "return broker === undefined ||",
      put: "return broker !== null ||",
    }],
  }),
];
