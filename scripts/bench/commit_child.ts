/**
 * One round of one scene, in a process of its own: prints what both trees took, as JSON.
 *
 * @module
 */
import process from "node:process";
import { measureTurns } from "./commit_scenes.ts";

const [scene, base, here, turns, directory, first] = process.argv.slice(2);
const plan = {
  turns: Number(turns),
  directory,
  first: first === "here" ? "here" : "base",
} as const;
console.log(JSON.stringify(await measureTurns(scene, { base, here }, plan)));
