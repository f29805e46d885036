/**
 * Loads libc while the runtime calls itself something else, and then again as what it is.
 *
 * @module
 */
import { loadLibc } from "../../ffi/mod.ts";
import { StoreError } from "../../errors.ts";

// Replaced whole: Bun's object has the property itself, that of the others has it from its
// prototype.
const original = Object.getOwnPropertyDescriptor(globalThis, "navigator");
for (const value of [{ userAgent: "Other/1.0" }, undefined]) {
  Object.defineProperty(globalThis, "navigator", { configurable: true, value });
  try {
    await loadLibc();
  } catch (error) {
    if (!StoreError.is(error, "UNSUPPORTED_PLATFORM")) throw error;
    console.log(error.message);
  }
}
Object.defineProperty(globalThis, "navigator", original ?? {});
await loadLibc();
console.log("loaded");
