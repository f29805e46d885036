/**
 * Of OpenTelemetry's own types, what this folder asks for.
 *
 * @module
 */

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
