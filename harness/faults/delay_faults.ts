/**
 * Faults of delayed messages.
 *
 * @module
 */
import { faultsOf, type PlantedFault } from "./planted_fault.ts";

const DELAYED = [
  "tests/storage/life/delayed_test.ts",
  "tests/storage/life/delayed_crash_test.ts",
];

const OVERDUE = ["tests/storage/life/overdue_test.ts"];

/** Faults. */
export const DELAY_FAULTS: readonly PlantedFault[] = [
  ...faultsOf({
    file: "storage/life/delay_progress.ts",
    tests: ["tests/cli/delay_test.ts"],
    faults: [{
      name: "delay-untold",
      breaks: "a writer delivers again what a broker has delivered, and says nothing",
      symbol: "DelayProgress.untoldCount",
      find: "if (this.#isTold || !this.isKnown) return 0;",
      put: "return 0;",
    }, {
      name: "delay-untold-own",
      breaks: "a writer misses a broker's file where only Streambed has delayed messages",
      symbol: "isBrokers",
      find: "if (isOwn !== undefined) return !isOwn;",
      put: "if (isOwn !== undefined) return isOwn;",
    }],
  }),
  ...faultsOf({
    file: "storage/verify/delay_check.ts",
    tests: ["tests/cli/delay_test.ts"],
    faults: [{
      name: "verify-untold",
      breaks: "verify is silent where nothing tells what a broker has delivered",
      symbol: "DelayCheck.add",
      find: "this.#foreignCount += isOwn ? 0 : 1;",
      put: "this.#foreignCount += 0;",
    }],
  }),
  ...faultsOf({
    file: "storage/open_store.ts",
    tests: OVERDUE,
    faults: [{
      name: "overdue-opening",
      breaks: "who reads right after the opening misses what is overdue",
      symbol: "openStoreIn",
      find: "await writer.delayed.deliverOverdue(resolved.signal);",
      put: "",
    }, {
      name: "overdue-signal",
      breaks: "an opening that a signal has ended keeps the lock",
      symbol: "openStoreIn",
      find: "if (resolved.signal?.aborted) await store.close();",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/life/deliveries.ts",
    tests: OVERDUE,
    faults: [{
      name: "overdue-flush",
      breaks: "a group that reads to the end misses what is delivered and not on the disk",
      symbol: "Deliveries.deliverDue",
      find: "await this.#flushTo(this.#log.endPosition);",
      put: "await this.#flushTo(0);",
    }, {
      name: "overdue-bound",
      breaks: "an opening waits for all that is overdue, however much",
      symbol: "Deliveries.deliverOverdue",
      find: "leftCount-- === 0",
      put: "leftCount < 0",
    }],
  }),
  ...faultsOf({
    file: "adapters/core/source_core.ts",
    tests: OVERDUE,
    faults: [{
      name: "overdue-source",
      breaks: "a source that does not follow ends before what is due",
      symbol: "SourceCore.#fill",
      find: "await this.#port.deliverDue({ signal });",
      put: "await undefined;",
    }],
  }),
  ...faultsOf({
    file: "adapters/consume/consume.ts",
    tests: OVERDUE,
    faults: [{
      name: "overdue-consume",
      breaks: "a consumer that does not follow ends before what is due",
      symbol: "ConsumeRun.#drain",
      find: "await innerPortOf(one).deliverDue({ signal });",
      put: "innerPortOf(one);",
    }],
  }),
  ...faultsOf({
    file: "adapters/job/job.ts",
    tests: OVERDUE,
    faults: [{
      name: "overdue-job",
      breaks: "a job that does not follow ends before what is due",
      symbol: "JobRun.run",
      find: "await innerPortOf(source.store).deliverDue({ signal });",
      put: "innerPortOf(source.store);",
    }],
  }),
  ...faultsOf({
    file: "storage/life/delay_progress.ts",
    tests: DELAYED,
    faults: [{
      name: "delay-mirror-leads",
      breaks: "a power cut takes what was delivered, and the file says that it was",
      symbol: "DelayProgress.write",
      find: "await this.#flushTo(endPosition);",
      put: "",
    }, {
      name: "delay-twice",
      breaks: "a message is delivered again after a kill",
      symbol: "DelayProgress.constructor",
      find: "told?.levels?.get(index + 1)",
      put: "undefined",
    }, {
      name: "delay-broker",
      breaks: "what a broker has delivered is delivered again",
      symbol: "DelayProgress.#learn",
      find: "Math.max(ours ?? 0, theirs ?? 0)",
      put: "(ours ?? 0)",
    }, {
      name: "delay-unknown",
      breaks: "all is delivered again where the broker's file cannot be read",
      symbol: "DelayProgress.constructor",
      find: 'this.#file.isKnown && told !== "damaged"',
      put: 'told !== "damaged"',
    }, {
      name: "delay-ahead",
      breaks: "what comes after a log has lost its tail is never delivered",
      symbol: "DelayProgress.#learn",
      find: "Math.min(told, end)",
      put: "told",
    }, {
      name: "delay-others",
      breaks: "the progress of other levels is forgotten",
      symbol: "DelayProgress.with",
      find: "[...this.#next, ...advanced]",
      put: "[...advanced]",
    }, {
      name: "delay-kept",
      breaks: "retention deletes what waits",
      symbol: "DelayProgress.lowestPosition",
      find: "return Math.min(...positions);",
      put: "return positions.length > 0 ? Infinity : 0;",
    }],
  }),
  ...faultsOf({
    file: "storage/life/delayed_delivery.ts",
    tests: DELAYED,
    faults: [{
      name: "delay-early",
      breaks: "a message is delivered before it is due",
      symbol: "DelayedDelivery.#collectLevel",
      find: "this.#dueOf(level, entry) > now",
      put: "this.#dueOf(level, entry) > now + 400",
    }, {
      name: "delay-clock",
      breaks: "a clock that was set back holds messages up",
      symbol: "DelayedDelivery.#dueOf",
      find: "told > now + delayMs ? now : told",
      put: "told > now + delayMs ? told : told",
    }],
  }),
  ...faultsOf({
    file: "storage/life/delivery_log.ts",
    tests: DELAYED,
    faults: [{
      name: "delay-atomic",
      breaks: "copies are there without the record that tells of them, or that without them",
      symbol: "DeliveryLog.#deliver",
      find: "prepareCopy(record, place, { index, count })",
      put: "prepareCopy(record, place, (index, undefined as never))",
      also: [{
        file: "storage/life/delivery_log.ts",
        symbol: "DeliveryLog.#deliver",
        find: "{ index: count - 1, count }",
        put: "undefined as never",
      }],
    }],
  }),
  ...faultsOf({
    file: "storage/life/delivery_timer.ts",
    tests: DELAYED,
    faults: [{
      name: "delay-next",
      breaks: "a level is not delivered once its first message was",
      symbol: "DeliveryTimer.#run",
      find: ".then(() => this.#waitForNext(), ",
      put: ".then(() => undefined, ",
    }, {
      name: "delay-retry",
      breaks: "a delivery that failed is never tried again",
      symbol: "DeliveryTimer.#tryAgain",
      find: "this.#wait(this.#environment.clock.now() + RETRY_MS);",
      put: "RETRY_MS;",
    }, {
      name: "delay-sleep",
      breaks: "a clock that was set forth is not noticed",
      symbol: "DeliveryTimer.#wait",
      find: "Math.min(Math.max(0, deliverTimestamp - clock.now()), LONGEST_WAIT_MS)",
      put: "Math.max(0, deliverTimestamp - clock.now())",
    }],
  }),
  ...faultsOf({
    file: "storage/life/delivery_round.ts",
    tests: DELAYED,
    faults: [{
      name: "delay-full",
      breaks: "more is delivered together than a segment holds",
      symbol: "DeliveryRound.isFull",
      find: "Math.min(ROUND_BYTE_LENGTH, this.#roomByteLength())",
      put: "ROUND_BYTE_LENGTH",
    }, {
      name: "delay-lost",
      breaks: "one message that cannot be delivered holds up all behind it",
      symbol: "DeliveryRound.take",
      find: 'if (place === undefined) return this.#refuse(entry, "it does not say where to");',
      put: 'if (place === undefined) throw new Error("it does not say where to");',
    }],
  }),
  ...faultsOf({
    file: "storage/life/retention.ts",
    tests: DELAYED,
    faults: [{
      name: "delay-forgotten",
      breaks: "a roll takes the record of the last delivery, and all is delivered again",
      symbol: "LogRetention.#delete",
      find: "await writer.delayed.write();",
      put: "",
    }],
  }),
  ...faultsOf({
    file: "storage/layout/delayed_message.ts",
    tests: DELAYED,
    faults: [{
      name: "delay-copy-names",
      breaks: "a delivered message carries on what only one that waits has",
      symbol: "prepareCopy",
      find: "forgetWaiting(properties, place);",
      put: "forgetWaiting;",
    }],
  }),
  ...faultsOf({
    file: "storage/layout/tags_code.ts",
    tests: DELAYED,
    faults: [{
      name: "delay-level",
      breaks: "a delay is rounded down",
      symbol: "delayLevel",
      find: "levelMs >= delayMs) + 1",
      put: "levelMs > delayMs)",
    }],
  }),
  ...faultsOf({
    file: "cli/salvage_delayed.ts",
    tests: ["tests/cli/delay_test.ts"],
    faults: [{
      name: "delay-salvage",
      breaks: "salvage lets wait what was delivered",
      symbol: "SalvagedDelays.#learnLevels",
      find: "if (isWhole) {",
      put: "if (offsets.size < 0) {",
    }, {
      name: "delay-salvage-torn",
      breaks: "salvage takes what was delivered in a damaged batch for delivered",
      symbol: "SalvagedDelays.#learnLevels",
      find: "if (isWhole) {",
      put: "if (isWhole || offsets.size > 0) {",
    }, {
      name: "delay-salvage-told",
      breaks: "salvage lets wait what a broker has delivered",
      symbol: "SalvagedDelays.rest",
      find: "offset < learned || offset >= told",
      put: "offset < learned || offset >= told - told",
    }, {
      name: "delay-salvage-lost",
      breaks: "salvage loses what was delivered in a batch whose record of progress is damaged",
      symbol: "SalvagedDelays.#learnLevels",
      find: "|| this.#lost.take(message)",
      put: "|| (this.#lost.take(message) && before < 0)",
    }, {
      name: "delay-salvage-lost-end",
      breaks: "salvage loses what was delivered in the last batch if its progress is damaged",
      symbol: "SalvagedDelays.rest",
      find: "|| this.#lost.take(message)",
      put: "",
    }],
  }),
];
