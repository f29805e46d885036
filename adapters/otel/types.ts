/**
 * Options, and of OpenTelemetry's own types what this folder asks for.
 *
 * @module
 */
import type { Store } from "../../storage/mod.ts";

/** Options of `instrument()`. */
export interface InstrumentOptions {
  /** Who takes the metrics; the one that is registered globally when left out. */
  readonly meterProvider?: MeterSource;
  /**
   * Stores whose groups are looked at whenever metrics are collected, so that the lag of a group
   * that stands still grows too; of other stores the lag is that of the last `"streambed:group"`.
   * One that was closed is passed over.
   */
  readonly stores?: readonly Store[];
}

/** What gives meters: a `MeterProvider` of `@opentelemetry/api`. */
export interface MeterSource {
  /** A meter, by the name of who measures. */
  getMeter(name: string): object;
}

/** A `Context` of `@opentelemetry/api`, which is of the same shape. */
export interface TraceContext {
  /** A value that it holds. */
  getValue(key: symbol): unknown;
  /** A context that holds one value more. */
  setValue(key: symbol, value: unknown): TraceContext;
  /** A context without a value. */
  deleteValue(key: symbol): TraceContext;
}
