/**
 * The house style as a program: each rule of STYLE.md that a machine can judge.
 *
 * Every message says what to do. A rule knows its exceptions as data in its own file, so that none
 * is switched off where it is broken.
 *
 * @module
 */
import { fileCeiling, functionCeiling } from "./lint/ceilings.ts";
import { lineWidth, moduleDoc, noDeadCode, noPlans, plainWords } from "./lint/comments.ts";
import { errorMessage } from "./lint/error_messages.ts";
import { runtimeGlobals } from "./lint/globals.ts";
import {
  emptyCatch,
  erasableSyntax,
  fileName,
  namedExports,
  noBigint,
  topLevelFunction,
} from "./lint/language.ts";
import { layers } from "./lint/layers.ts";
import { namesOnce } from "./lint/names_once.ts";
import { skipReason } from "./lint/skips.ts";
import { specifiers } from "./lint/specifiers.ts";

const plugin: Deno.lint.Plugin = {
  name: "streambed",
  rules: {
    "empty-catch": emptyCatch,
    "erasable-syntax": erasableSyntax,
    "error-message": errorMessage,
    "file-ceiling": fileCeiling,
    "file-name": fileName,
    "function-ceiling": functionCeiling,
    layers,
    "line-width": lineWidth,
    "module-doc": moduleDoc,
    "named-exports": namedExports,
    "names-once": namesOnce,
    "no-bigint": noBigint,
    "no-dead-code": noDeadCode,
    "no-plans": noPlans,
    "plain-words": plainWords,
    "runtime-globals": runtimeGlobals,
    "skip-reason": skipReason,
    specifiers,
    "top-level-function": topLevelFunction,
  },
};

export default plugin;
