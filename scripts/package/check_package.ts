/**
 * Other people's judgement of the package: publint, and Are The Types Wrong. All that they say is
 * told, and what stays so has its reason.
 *
 * @module
 */
import { checkPackage, createPackageFromTarballData } from "npm:@arethetypeswrong/core@0.18.5";
import { publint } from "npm:publint@0.3.25";
import { formatMessage } from "npm:publint@0.3.25/utils";

/** What was found. */
export interface Verdict {
  /** A line for each remark, in full; one that is known has its reason. */
  readonly remarks: readonly string[];
  /**
   * A line for each remark that is not known, and for each that is known and was not made; none
   * when all is well.
   */
  readonly problems: readonly string[];
}

/** What Are The Types Wrong says of every module of this package, and why that stays so. */
const KNOWN: Readonly<Record<string, string>> = {
  "NoResolution (node10)":
    "known: who resolves so sees no exports; TypeScript 6 advises against it, 7 has it no more",
  "CJSResolvesToESM (node16-cjs)":
    "known: there are modules alone, and Node's require() loads them",
};

/**
 * Checks an archive.
 *
 * @param archive The .tgz file.
 * @returns What both say of it.
 */
export async function checkArchive(archive: Uint8Array): Promise<Verdict> {
  const { said, modules } = await askAttw(archive);
  return judge([...await askPublint(archive), ...said], knownOf(modules));
}

/** Puts reasons to remarks, and finds those that have none, and reasons that have no remark. */
function judge(said: readonly string[], reasons: ReadonlyMap<string, string>): Verdict {
  const unknown = said.filter((remark) => !reasons.has(remark));
  const gone = [...reasons.keys()].filter((remark) => !said.includes(remark));
  return {
    remarks: said.map((remark) => `${remark}: ${reasons.get(remark) ?? "not known"}`),
    problems: [...unknown, ...gone.map((remark) => `no longer said, though known: ${remark}`)],
  };
}

async function askPublint(archive: Uint8Array): Promise<string[]> {
  const tarball = new Uint8Array(archive).buffer;
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  return messages.map((message) => {
    return `publint: ${message.type}: ${formatMessage(message, pkg, { color: false })}`;
  });
}

async function askAttw(
  archive: Uint8Array,
): Promise<{ readonly said: readonly string[]; readonly modules: readonly string[] }> {
  const result = await checkPackage(createPackageFromTarballData(archive));
  if (result.types === false) return { said: ["attw: the package has no types"], modules: [] };
  const said = result.problems.map((problem) => {
    const { kind, resolutionKind, entrypoint } = problem as {
      readonly kind: string;
      readonly resolutionKind?: string;
      readonly entrypoint?: string;
    };
    const way = resolutionKind === undefined ? kind : `${kind} (${resolutionKind})`;
    return attwRemark(way, entrypoint);
  });
  const modules = Object.keys(result.entrypoints).filter((path) => !path.endsWith(".json"));
  return { said, modules };
}

function knownOf(modules: readonly string[]): ReadonlyMap<string, string> {
  const known = modules.flatMap((module) => {
    return Object.entries(KNOWN).map(([way, reason]) => [attwRemark(way, module), reason] as const);
  });
  return new Map(known);
}

function attwRemark(way: string, module: string | undefined): string {
  return module === undefined ? `attw: ${way}` : `attw: ${way} of ${module}`;
}
