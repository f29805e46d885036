/**
 * What `doctor` looks at, one judge for each thing.
 *
 * @module
 */
export { assumedText } from "./broker_properties.ts";
export { type BrokerSetting, brokerSettings, settingLine } from "./broker_settings.ts";
export { judgeDirectory, judgeStore } from "./directory.ts";
export { judgeGuard } from "./guard.ts";
export { judgeKernel, kernelFacts } from "./kernel.ts";
export { judgeLimits, judgeLz4, judgePermissions, judgeRuntime } from "./process.ts";
export type { Verdict } from "./verdict.ts";
