/**
 * Histories that are written down instead of drawn: what each life does, what is done to it, and
 * how it ends.
 *
 * @module
 */
import type { SimHook } from "../machine/hooks.ts";
import type { SimKernel } from "../machine/sim_kernel.ts";
import type { StoreAction } from "./store_actions.ts";
import type { ConsumerStep } from "./store_consumer.ts";
import type { StorePlan } from "./store_plan.ts";

/**
 * How a life ends: in order, by `kill -9`, by a power cut, by a device that is pulled, or killed
 * and mounted anew. A number is a profile of `power_cut.ts`.
 */
export type ScriptedEnd =
  | "close"
  | "kill"
  | "remount"
  | { readonly cut: number }
  | { readonly pull: number };

/** One life. */
export interface ScriptedLife {
  /** What it does, each action to its end. */
  readonly actions: readonly StoreAction[];
  /** What is done to its calls. */
  readonly hook?: (kernel: SimKernel) => SimHook;
  /** How it ends, unless the hook ends it. */
  readonly end: ScriptedEnd;
  /** What the consumer does once it has ended, without a writer; nothing when left out. */
  readonly alone?: readonly ConsumerStep[];
  /** Something that happens to the files once it has ended. */
  readonly afterwards?: (kernel: SimKernel, root: string) => void;
}

/**
 * A history that is written down. The lives without faults at the end of every history come after
 * it.
 */
export interface StoreScript {
  /** Changes of the setting. */
  readonly plan?: Partial<Omit<StorePlan, "store">> & { readonly store?: StorePlan["store"] };
  /** The lives, in order. */
  readonly lives: readonly ScriptedLife[];
  /** What is done to every call of every life, on top. */
  readonly hook?: (kernel: SimKernel) => SimHook;
  /** Whether the rest of the lives is left out once the hook has ended one. */
  readonly endsAtDeath?: boolean;
}

/** Changes a setting as a script says. Zeros are only where it says so. */
export function scriptedPlan(drawn: StorePlan, { plan }: StoreScript): StorePlan {
  const store = { ...drawn.store, ...plan?.store };
  const { zeroFill = false } = plan?.store?.tuning ?? {};
  return { ...drawn, ...plan, store: { ...store, tuning: { ...store.tuning, zeroFill } } };
}
