/**
 * What Streambed needs of a Standard Schema (https://standardschema.dev, version 1): any object or
 * function with the property `~standard`. Written out here, so that the specification need not be
 * installed.
 *
 * @module
 */

/** A schema that zod, valibot, arktype, effect and others make. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The contract. */
  readonly "~standard": StandardSchemaContract<Input, Output>;
}

/** What every Standard Schema has. */
export interface StandardSchemaContract<Input = unknown, Output = Input> {
  /** Version of the specification. */
  readonly version: 1;
  /** Who has made it. */
  readonly vendor: string;
  /** Looks at a value; gives what it made of it, or what is wrong with it. */
  readonly validate: (
    value: unknown,
  ) => StandardSchemaResult<Output> | Promise<StandardSchemaResult<Output>>;
  /** For the compiler alone. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/** What a schema gives. */
export type StandardSchemaResult<Output> =
  | {
    /** The value, perhaps changed. */
    readonly value: Output;
    /** None, if it fits. */
    readonly issues?: undefined;
  }
  | {
    /** What is wrong. */
    readonly issues: readonly StandardSchemaIssue[];
  };

/** Something that is wrong with a value. */
export interface StandardSchemaIssue {
  /** In words. */
  readonly message: string;
  /** Where; left out for the value as a whole. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The type of values that a schema takes. */
export type SchemaInput<S extends StandardSchema> = NonNullable<
  S["~standard"]["types"]
>["input"];

/** The type of values that a schema gives. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<
  S["~standard"]["types"]
>["output"];

/** Whether a value keeps to the contract; a schema may be a function. */
export function isStandardSchema(value: unknown): boolean {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  const contract = (value as Partial<StandardSchema>)["~standard"];
  return typeof contract === "object" && contract !== null && contract.version === 1 &&
    typeof contract.validate === "function";
}
