/**
 * A process that plays the turns it is told, one a line, and answers each with a line.
 *
 * @module
 */
import { stdin } from "node:process";
import { createInterface } from "node:readline";
import { playTurn } from "./turns.ts";

for await (const line of createInterface({ input: stdin })) {
  console.log(JSON.stringify(await playTurn(JSON.parse(line))));
}
