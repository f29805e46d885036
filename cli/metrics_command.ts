/**
 * `streambed metrics`: the store as Prometheus reads it.
 *
 * @module
 */
import type { Command } from "npm:commander@15.1.0";
import { prometheusText } from "../adapters/metrics/mod.ts";
import { UsageError } from "./cli_error.ts";
import type { Context } from "./context.ts";
import { withReader } from "./open_store.ts";

export function addMetrics(program: Command, context: Context): void {
  program.command("metrics")
    .description("print log, queues and groups in Prometheus' text format")
    .action(async () => {
      if (context.options.json === true) {
        throw new UsageError(
          "Cannot print metrics as JSON: their format is Prometheus'; see info, ls and groups",
        );
      }
      context.output.write(await withReader(context, (store) => prometheusText(store)));
    });
}
