/**
 * Loads libc while the runtime calls itself something else, and then again as what it is.
 *
 * @module
 */
import { loadLibc, UnsupportedPlatformError } from "../../ffi/mod.ts";

const original = Object.getOwnPropertyDescriptor(Navigator.prototype, "userAgent");
Object.defineProperty(Navigator.prototype, "userAgent", {
  configurable: true,
  get: () => "Other/1.0",
});
try {
  await loadLibc();
} catch (error) {
  if (!(error instanceof UnsupportedPlatformError)) throw error;
  console.log(`${error.name}: ${error.message.split(": ")[1]}`);
}
Object.defineProperty(Navigator.prototype, "userAgent", original ?? {});
await loadLibc();
console.log("loaded");
