/**
 * Other people's judgement of the package: publint, and Are The Types Wrong.
 *
 * @module
 */
import { checkPackage, createPackageFromTarballData } from "npm:@arethetypeswrong/core@0.18.5";
import { publint } from "npm:publint@0.3.25";
import { formatMessage } from "npm:publint@0.3.25/utils";

/**
 * Ways to resolve that a package of modules only does not serve: their users cannot import modules.
 */
const NOT_SERVED: readonly (string | undefined)[] = ["node10", "node16-cjs"];

/**
 * Checks an archive.
 *
 * @param archive The .tgz file.
 * @returns A line for each thing that is wrong; none when all is well.
 */
export async function checkArchive(archive: Uint8Array): Promise<string[]> {
  return [...await publintLines(archive), ...await typeLines(archive)];
}

async function publintLines(archive: Uint8Array): Promise<string[]> {
  const tarball = new Uint8Array(archive).buffer;
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  return messages.map((message) => {
    return `publint: ${message.type}: ${formatMessage(message, pkg, { color: false })}`;
  });
}

async function typeLines(archive: Uint8Array): Promise<string[]> {
  const result = await checkPackage(createPackageFromTarballData(archive));
  if (result.types === false) return ["attw: the package has no types"];
  return result.problems.flatMap((problem) => {
    const { resolutionKind: kind, entrypoint } = problem as {
      readonly resolutionKind?: string;
      readonly entrypoint?: string;
    };
    if (NOT_SERVED.includes(kind)) return [];
    return [
      `attw: ${problem.kind}${entrypoint ? ` of ${entrypoint}` : ""}${kind ? ` (${kind})` : ""}`,
    ];
  });
}
