/**
 * The public surface as `deno doc` sees it: which functions take which arguments, and which members
 * their options have.
 *
 * @module
 */

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

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly { readonly kind: string; readonly def?: DocDefinition }[];
}

/** What `deno doc --json` prints. */
export interface DocOutput {
  readonly nodes: Readonly<Record<string, { readonly symbols: readonly DocSymbol[] }>>;
}

/** A function or method that takes arguments. */
export interface PublicFunction {
  /** Its name; of a method, class and method; `node` before it in the entry of `node:stream`. */
  readonly name: string;
  readonly parameters: readonly PublicParameter[];
}

/** An argument. */
export interface PublicParameter {
  readonly name: string;
  /** Its options; none if it is no bag of options. */
  readonly members: Members;
}

/** Reads the surface of one entry. */
export class PublicSurface {
  readonly #symbols: ReadonlyMap<string, DocSymbol>;
  readonly #others: PublicSurface | undefined;
  readonly #prefix: string;

  /** `others` is where names are looked up that this entry does not have itself. */
  constructor(symbols: readonly DocSymbol[], prefix: string, others?: PublicSurface) {
    this.#symbols = new Map(symbols.map((symbol) => [symbol.name, symbol]));
    this.#prefix = prefix;
    this.#others = others;
  }

  /** All functions and methods that take arguments, but for those of errors. */
  functions(): PublicFunction[] {
    const found: PublicFunction[] = [];
    for (const { name, declarations } of this.#symbols.values()) {
      // Of overloads the last one is what is called.
      const { kind, def } = declarations.at(-1)!;
      if (kind === "function") found.push(this.#function(name, def?.params ?? []));
      if (kind === "interface" || kind === "class") found.push(...this.#methods(name, def!));
    }
    return found.filter(({ parameters }) => parameters.length > 0);
  }

  #methods(owner: string, def: DocDefinition): PublicFunction[] {
    if (owner.endsWith("Error")) return [];
    const constructors = (def.constructors ?? []).map(({ params }) =>
      this.#function(owner, params)
    );
    const methods = (def.methods ?? [])
      .filter(({ accessibility, kind }) => accessibility === undefined && kind !== "setter")
      .map(({ name, params, functionDef }) =>
        this.#function(`${owner}.${name}`, params ?? functionDef?.params)
      );
    return [...constructors, ...methods];
  }

  #function(name: string, params: readonly DocParameter[] = []): PublicFunction {
    const parameters = params.map((param) => {
      const { name, tsType } = param.left ?? param;
      return { name, members: this.#membersOf(tsType) };
    });
    return { name: `${this.#prefix}${name}`, parameters };
  }

  #membersOf(type: DocType | undefined): Members {
    switch (type?.kind) {
      case "typeRef":
        return this.#referredMembers(type.value as DocReference);
      case "typeLiteral":
        return this.#membersIn((type.value as DocDefinition).properties);
      case "union":
      case "intersection":
        return new Map((type.value as DocType[]).flatMap((one) => [...this.#membersOf(one)]));
      default:
        return new Map();
    }
  }

  #referredMembers({ typeName, typeParams = [], resolution }: DocReference): Members {
    if (typeName === "Partial") return this.#membersOf(typeParams[0]);
    if (typeName !== "Omit") {
      // What comes from the streams' core is called the same in the other entry, and maybe by
      // another name here.
      const isShared = resolution?.specifier?.includes("core/") ?? false;
      const entry = isShared ? this.#others ?? this : this;
      return entry.#named(isShared ? resolution!.name! : typeName);
    }
    const members = this.#membersOf(typeParams[0]);
    for (const name of literalsOf(typeParams[1])) members.delete(name);
    return members;
  }

  /** Members of a type of this entry, or of the others'. */
  #named(name: string): Members {
    const symbol = this.#symbols.get(name);
    const declaration = symbol?.declarations.at(-1);
    if (declaration === undefined || declaration.kind === "reference") {
      return this.#others === undefined ? new Map() : this.#others.#named(name);
    }
    const { kind, def } = declaration;
    if (kind === "typeAlias") return this.#membersOf(def!.tsType);
    if (kind !== "interface" || (def!.methods ?? []).length > 0) return new Map();
    const inherited = [...(def!.extends ?? []) as DocType[]].map((one) => this.#membersOf(one));
    return new Map([...inherited.flatMap((one) => [...one]), ...this.#membersIn(def!.properties)]);
  }

  #membersIn(properties: readonly DocMember[] = []): Members {
    return new Map(properties.map(({ name, tsType, jsDoc }) => {
      const told = jsDoc?.tags?.find(({ kind }) => kind === "default")?.value;
      return [name, { told, members: this.#membersOf(tsType) }];
    }));
  }
}

function literalsOf(type: DocType): string[] {
  if (type.kind === "union") return (type.value as DocType[]).flatMap(literalsOf);
  return [(type.value as { string: string }).string];
}
