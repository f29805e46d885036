/**
 * `streambed metrics`: the store as Prometheus reads it.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { prometheusText } from "../adapters/metrics/mod.ts";
import type { Context } from "./context.ts";
import { withReader } from "./open_store.ts";

export function addMetrics(program: Command, context: Context): void {
  program.command("metrics")
    .description("print log, queues and groups in Prometheus' text format")
    .action(async () => {
      context.output.write(await withReader(context, (store) => prometheusText(store)));
    });
}
