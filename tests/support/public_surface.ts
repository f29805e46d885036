/**
 * The public surface as `deno doc` sees it: which functions take which arguments, and which members
 * their options have.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { relative } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import configuration from "../../deno.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The surface as JSON is longer than a program may say by default. */
const OUTPUT_LENGTH_MAX = 256 * 1024 * 1024;

/** A type in the output of `deno doc --json`. */
interface DocType {
  readonly kind: string;
  readonly value?: unknown;
}

/** The name of a type. */
interface DocReference {
  readonly typeName: string;
  readonly typeParams?: readonly DocType[];
  readonly resolution?: { readonly specifier?: string; readonly name?: string };
}

/** What is known of an option. */
export interface PublicMember {
  /** The default that its documentation tells. */
  readonly told: string | undefined;
  /** Its own members, if it is a bag of options itself. */
  readonly members: Members;
}

/** Options by name. */
export type Members = Map<string, PublicMember>;

interface DocMember {
  readonly name: string;
  readonly tsType?: DocType;
  readonly jsDoc?: { readonly tags?: readonly { kind: string; value?: string }[] };
}

interface DocParameter {
  readonly kind: string;
  readonly name: string;
  readonly tsType?: DocType;
  readonly left?: DocParameter;
}

interface DocCallable {
  readonly name: string;
  readonly params?: readonly DocParameter[];
  readonly functionDef?: { readonly params: readonly DocParameter[] };
  readonly accessibility?: string;
  readonly kind?: string;
}

interface DocDefinition {
  readonly params?: readonly DocParameter[];
  readonly constructors?: readonly DocCallable[];
  readonly methods?: readonly DocCallable[];
  readonly properties?: readonly DocMember[];
  readonly extends?: readonly DocType[] | string;
  readonly tsType?: DocType;
}

interface DocDeclaration {
  readonly kind: string;
  readonly location: { readonly filename: string };
  readonly def?: DocDefinition;
}

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly DocDeclaration[];
}

/** What `deno doc --json` prints. */
interface DocOutput {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly DocSymbol[] }>>;
}

/** A function or method that takes arguments. */
export interface PublicFunction {
  /** Where it is declared: an adapter's name, or what else stands at the root. */
  readonly room: string;
  /** Its name; of a method, class and method. */
  readonly name: string;
  readonly parameters: readonly PublicParameter[];
}

/** An argument. */
export interface PublicParameter {
  readonly name: string;
  /** Its options; none if it is no bag of options. */
  readonly members: Members;
}

/** What an adapter's streams share; it names things as an adapter may name its own. */
const CORE = "core";

/** All public functions and methods that take arguments; only Deno can tell. */
export async function publicFunctions(): Promise<PublicFunction[]> {
  const args = ["doc", "--json", ...Object.values(configuration.exports)];
  const options = { cwd: ROOT, maxBuffer: OUTPUT_LENGTH_MAX };
  const { stdout } = await promisify(execFile)(execPath, args, options);
  return new PublicSurface(JSON.parse(stdout)).functions();
}

/** Reads the surface of all entries. */
class PublicSurface {
  /** By room and name. */
  readonly #rooms: Map<string, Map<string, DocDeclaration>> = new Map();

  constructor({ nodes }: DocOutput) {
    for (const { name, declarations } of Object.values(nodes).flatMap(({ symbols }) => symbols)) {
      // Of overloads the last one is what is called.
      const declaration = declarations.at(-1)!;
      if (declaration.kind === "reference") continue;
      const room = roomOf(relative(ROOT, fileURLToPath(declaration.location.filename)));
      if (!this.#rooms.has(room)) this.#rooms.set(room, new Map());
      this.#rooms.get(room)!.set(name, declaration);
    }
  }

  /** All functions and methods that take arguments, but for those of errors. */
  functions(): PublicFunction[] {
    const found: PublicFunction[] = [];
    for (const [room, symbols] of this.#rooms) {
      for (const [name, { kind, def }] of symbols) {
        if (kind === "function") found.push(this.#function(room, name, def?.params));
        if (kind === "interface" || kind === "class") {
          found.push(...this.#methods(room, name, def!));
        }
      }
    }
    return found.filter(({ parameters }) => parameters.length > 0);
  }

  #methods(room: string, owner: string, def: DocDefinition): PublicFunction[] {
    if (owner.endsWith("Error")) return [];
    const constructors = (def.constructors ?? []).map(({ params }) =>
      this.#function(room, owner, params)
    );
    const methods = (def.methods ?? [])
      .filter(({ accessibility, kind }) => accessibility === undefined && kind !== "setter")
      .map(({ name, params, functionDef }) =>
        this.#function(room, `${owner}.${name}`, params ?? functionDef?.params)
      );
    return [...constructors, ...methods];
  }

  #function(room: string, name: string, params: readonly DocParameter[] = []): PublicFunction {
    const parameters = params.map((param) => {
      const { name, tsType } = param.left ?? param;
      return { name, members: this.#membersOf(room, tsType) };
    });
    return { room, name, parameters };
  }

  #membersOf(room: string, type: DocType | undefined): Members {
    switch (type?.kind) {
      case "typeRef":
        return this.#referredMembers(room, type.value as DocReference);
      case "typeLiteral":
        return this.#membersIn(room, (type.value as DocDefinition).properties);
      case "union":
      case "intersection":
        return new Map((type.value as DocType[]).flatMap((one) => [...this.#membersOf(room, one)]));
      default:
        return new Map();
    }
  }

  #referredMembers(
    room: string,
    { typeName, typeParams = [], resolution }: DocReference,
  ): Members {
    if (typeName === "Partial") return this.#membersOf(room, typeParams[0]);
    if (typeName !== "Omit") {
      // What comes from the streams' core may be called by another name here.
      const isShared = resolution?.specifier?.includes(`${CORE}/`) ?? false;
      return isShared ? this.#named(CORE, resolution!.name!) : this.#named(room, typeName);
    }
    const members = this.#membersOf(room, typeParams[0]);
    for (const name of literalsOf(typeParams[1])) members.delete(name);
    return members;
  }

  /** Members of a type of the room, or of the one that has it. */
  #named(room: string, name: string): Members {
    const own = this.#rooms.get(room)?.has(name) ? room : undefined;
    const home = own ?? [...this.#rooms.keys()].find((one) => this.#rooms.get(one)!.has(name));
    if (home === undefined) return new Map();
    const { kind, def } = this.#rooms.get(home)!.get(name)!;
    if (kind === "typeAlias") return this.#membersOf(home, def!.tsType);
    if (kind !== "interface" || (def!.methods ?? []).length > 0) return new Map();
    const bases = (def!.extends ?? []) as DocType[];
    const inherited = bases.flatMap((one) => [...this.#membersOf(home, one)]);
    return new Map([...inherited, ...this.#membersIn(home, def!.properties)]);
  }

  #membersIn(room: string, properties: readonly DocMember[] = []): Members {
    return new Map(properties.map(({ name, tsType, jsDoc }) => {
      const told = jsDoc?.tags?.find(({ kind }) => kind === "default")?.value;
      return [name, { told, members: this.#membersOf(room, tsType) }];
    }));
  }
}

/** The room of a file: an adapter's folder, or the file or folder at the root. */
function roomOf(path: string): string {
  const [area, folder] = path.split("/");
  return area === "adapters" ? folder : area;
}

function literalsOf(type: DocType): string[] {
  if (type.kind === "union") return (type.value as DocType[]).flatMap(literalsOf);
  return [(type.value as { string: string }).string];
}
