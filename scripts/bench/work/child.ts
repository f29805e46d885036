/**
 * A process that plays one turn: told as JSON in its one argument, it prints what it measured as a
 * line of JSON.
 *
 * What it leaves open ends with it, and its directory is removed by who started it.
 *
 * @module
 */
import process from "node:process";
import {
  appendAll,
  appendInLanes,
  appendToDatabase,
  appendWindows,
  serveLanes,
  serveWindows,
} from "./append_work.ts";
import { openClean, recover } from "./opening_work.ts";
import { dropNode, dropWeb, pipeNode, pipeNodeFile, pipeWeb, pipeWebFile } from "./pipe_work.ts";
import { fillDatabase, fillStore, read, readDatabase } from "./read_work.ts";
import { appendTimed, sustain } from "./scale_work.ts";
import { Turn, type TurnRequest } from "./turn.ts";

type Works = Readonly<Record<string, (turn: Turn) => Promise<void>>>;

const WORKS: Works = {
  appendAll,
  appendInLanes,
  appendToDatabase,
  appendWindows,
  serveLanes,
  serveWindows,
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
};

if (import.meta.main) {
  const request: TurnRequest = JSON.parse(process.argv[2]);
  const turn = new Turn(request);
  // They call libc themselves; a store is to have its modules, this tree's or another's, alone.
  const works: Works = request.work in WORKS ? WORKS : { ...await import("./floor_work.ts") };
  await works[request.work](turn);
  console.log(JSON.stringify(turn.sample ?? {}));
  process.exit();
}
