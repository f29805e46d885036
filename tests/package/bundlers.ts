/**
 * The bundlers of `docs/bundlers.md`: their versions, configurations and commands, read from the
 * page, so that what it shows is what is tried.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../support/examples.ts";

/** A file of a project. */
export interface ProjectFile {
  readonly name: string;
  readonly text: string;
}

/** What makes a bundle of `server.js` in `dist/`. */
export interface Bundling {
  /** Name of the bundler's package. */
  readonly name: string;
  /** Its configuration, where it needs one. */
  readonly config: ProjectFile | undefined;
  /** The command, word by word. */
  readonly command: readonly string[];
}

/** A bundler that the page shows. */
export interface Bundler extends Bundling {
  /** Exact version, undefined for what a runtime brings. */
  readonly version: string | undefined;
}

const SECTION = /^## (\S+)(?: (\d+\.\d+\.\d+))?\n([^]*?)(?=^## |$(?![^]))/gm;
const CONFIG = /`([\w.]+)`:\n\n```js config\n([^]*?)^```$/m;
const COMMAND = /^```sh\n(.+)\n```$/m;

/** Reads the page. A section that shows no command is about something else. */
export async function readBundlers(): Promise<Bundler[]> {
  const page = await readFile(join(ROOT, "docs/bundlers.md"), "utf8");
  return [...page.matchAll(SECTION)].flatMap(([, name, version, section]) => {
    const command = COMMAND.exec(section)?.[1].split(" ");
    if (command === undefined) return [];
    const [, file, text] = CONFIG.exec(section) ?? [];
    const config = text === undefined ? undefined : { name: file, text };
    return [{ name: name.toLowerCase(), version, config, command }];
  });
}

/** What the commands and configurations need beside the bundlers. */
export const BUNDLERS_NEED: readonly string[] = [
  "@rollup/plugin-node-resolve@16.0.3",
  "webpack-cli@7.3.1",
];

/** The script behind each command, in the folder of packages. */
export const BUNDLER_SCRIPTS: Readonly<Record<string, string>> = {
  esbuild: "esbuild/bin/esbuild",
  rollup: "rollup/dist/bin/rollup",
  vite: "vite/bin/vite.js",
  webpack: "webpack-cli/bin/cli.js",
};

/** How each is run for browsers, which the page does not show. */
export const FOR_BROWSERS: readonly Bundling[] = [
  {
    name: "esbuild",
    config: undefined,
    command: ["esbuild", "server.js", "--bundle", "--format=esm", "--outfile=dist/server.js"],
  },
  {
    name: "rollup",
    config: undefined,
    command: ["rollup", "server.js", "--dir=dist", "--plugin=node-resolve={browser:true}"],
  },
  {
    name: "vite",
    config: {
      name: "vite.config.js",
      text: `export default {
        build: { rolldownOptions: { input: "server.js", output: { entryFileNames: "server.js" } } },
      };`,
    },
    command: ["vite", "build"],
  },
  {
    name: "webpack",
    config: {
      name: "webpack.config.js",
      text: `export default {
        mode: "production",
        entry: "./server.js",
        experiments: { outputModule: true },
        output: { module: true, filename: "server.js" },
      };`,
    },
    command: ["webpack"],
  },
];
