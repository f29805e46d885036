/**
 * Imports the library and opens a store while the runtime says that it runs on another platform.
 *
 * @module
 */
import process, { argv } from "node:process";

const [os = "", arch = "", path = ""] = argv.slice(2);
pretend(process, { platform: os, arch });
const deno: unknown = Reflect.get(globalThis, "Deno");
if (deno instanceof Object) {
  const build = { ...Reflect.get(deno, "build"), os, arch };
  Object.defineProperty(globalThis, "Deno", { value: Object.create(deno, describe({ build })) });
}

const { openStore, StoreError } = await import("../../mod.ts");
console.log("imported", typeof StoreError);
try {
  await openStore(path);
} catch (error) {
  if (!StoreError.is(error, "UNSUPPORTED_PLATFORM")) throw error;
  console.log(`${error.name}: ${error.message}`);
}

function pretend(object: object, values: Readonly<Record<string, string>>): void {
  Object.defineProperties(object, describe(values));
}

function describe(values: Readonly<Record<string, unknown>>): PropertyDescriptorMap {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { value, configurable: true }]),
  );
}
