/**
 * The flights: 231,083 of them in the United States, from the npm package `vega-datasets`.
 *
 * @module
 */
import { createReadStream } from "node:fs";
import { fileURLToPath } from "node:url";
// Imported for nothing but to have the package here, with its data beside its code.
import "npm:vega-datasets@2.11.0";

/** Flights in the file. */
export const FLIGHT_COUNT = 231_083;
/** Topic that they are written to. */
export const FLIGHT_TOPIC = "flights";
/** Queues of the topic; flight n goes to queue n modulo this. */
export const FLIGHT_QUEUE_COUNT = 4;

/** One flight, as the file has it. */
export interface Flight {
  /** How late it left, minutes; below 0 when it was early. */
  readonly delay: number;
  /** How far it went, miles. */
  readonly distance: number;
  /** When it left, hours since midnight. */
  readonly time: number;
}

/** Path of the file. */
export function flightsPath(): string {
  return fileURLToPath(
    new URL("../data/flights-200k.json", import.meta.resolve("npm:vega-datasets@2.11.0")),
  );
}

/**
 * Streams the file flight by flight, each as the JSON text that the file has.
 *
 * @param from First flight, from 0.
 * @param to Flight to stop before.
 * @returns The texts.
 */
export function flightTexts(from: number, to: number): ReadableStream<string> {
  // By `Readable.toWeb()` a chunk may come when the rest is not wanted any more, which is an error.
  const bytes = ReadableStream.from<Uint8Array>(createReadStream(flightsPath()));
  let rest = "";
  let flight = 0;
  const split = new TransformStream<Uint8Array, string>({
    transform(chunk, controller) {
      // Flights are flat objects of ASCII numbers, so a closing brace ends one wherever the chunk
      // was cut.
      const parts = (rest + new TextDecoder().decode(chunk)).split("}");
      rest = parts.pop() ?? "";
      for (const part of parts) {
        if (flight >= from && flight < to) {
          controller.enqueue(`${part.slice(part.indexOf("{"))}}`);
        }
        flight++;
      }
      if (flight >= to) controller.terminate();
    },
  });
  return bytes.pipeThrough(split);
}
