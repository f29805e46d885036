/**
 * The version: written in deno.json, told to users by CHANGELOG.md, named by the tag.
 *
 * @module
 */

const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;
const HEADING = /^## (.*)$/m;
const RELEASED = /^(\S+), (\d{4}-\d{2}-\d{2})$/;
const UNRELEASED = /^(\S+), not released yet$/;

/** What speaks of the version. */
export interface VersionPlaces {
  /** The version in deno.json. */
  readonly version: string;
  /** Text of CHANGELOG.md. */
  readonly changelog: string;
  /** The tag that is released, `v1.2.3`; none when somebody only looks. */
  readonly tag?: string;
}

/**
 * Checks that all places speak of the same version, and for a tag that it is to be released.
 *
 * @param places The places.
 * @returns A line for each thing that is wrong; none when all is well.
 */
export function checkVersion({ version, changelog, tag }: VersionPlaces): string[] {
  const problems: string[] = [];
  if (!VERSION.test(version)) problems.push(`deno.json: "${version}" is no version`);

  const heading = HEADING.exec(changelog)?.[1] ?? "";
  const newest = (RELEASED.exec(heading) ?? UNRELEASED.exec(heading))?.[1];
  if (newest === undefined) {
    problems.push(
      `CHANGELOG.md: its first heading is "${heading}"; write "## ${version}, YYYY-MM-DD"`,
    );
  } else if (newest !== version) {
    problems.push(`CHANGELOG.md: its newest version is ${newest}, that of deno.json ${version}`);
  }

  if (tag === undefined) return problems;
  if (tag !== `v${version}`) problems.push(`The tag is ${tag}, for ${version} it is v${version}`);
  if (UNRELEASED.test(heading)) problems.push("CHANGELOG.md: write the day of the release");
  return problems;
}
