/**
 * A process that plays one turn: told as JSON in its one argument, it prints what it measured as a
 * line of JSON.
 *
 * What it leaves open ends with it, and its directory is removed by who started it.
 *
 * @module
 */
import process from "node:process";
import { appendAll, appendInLanes, appendToDatabase, appendWindows } from "./append_work.ts";
import { appendFloor, fillPages, readFloor } from "./floor_work.ts";
import { openClean, recover } from "./opening_work.ts";
import { dropNode, dropWeb, pipeNode, pipeNodeFile, pipeWeb, pipeWebFile } from "./pipe_work.ts";
import { fillDatabase, fillStore, read, readDatabase } from "./read_work.ts";
import { appendTimed, sustain, sustainDd } from "./scale_work.ts";
import { Turn, type TurnRequest } from "./turn.ts";

const WORKS: Readonly<Record<string, (turn: Turn) => Promise<void>>> = {
  appendAll,
  appendInLanes,
  appendToDatabase,
  appendWindows,
  appendFloor,
  fillPages,
  readFloor,
  openClean,
  recover,
  dropNode,
  dropWeb,
  pipeNode,
  pipeNodeFile,
  pipeWeb,
  pipeWebFile,
  fillDatabase,
  fillStore,
  read,
  readDatabase,
  appendTimed,
  sustain,
  sustainDd,
};

if (import.meta.main) {
  const request: TurnRequest = JSON.parse(process.argv[2]);
  const turn = await Turn.make(request);
  await WORKS[request.work](turn);
  console.log(JSON.stringify(turn.sample ?? {}));
  process.exit();
}
