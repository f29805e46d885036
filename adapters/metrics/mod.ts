/**
 * What a store is and how far its groups are, as Prometheus reads it.
 *
 * @module
 */
export { prometheusText } from "./prometheus_text.ts";
