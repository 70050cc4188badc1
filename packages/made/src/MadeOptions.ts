import type { Activation } from "./activation.ts"
import type { Ends, StructureOptions } from "./structure.ts"

/** What a masked network looks like. */
export interface MadeOptions extends Omit<StructureOptions, "conditional">, Ends {
  /** Default `"tanh"`. */
  readonly activation?: Activation
  /** The share of hidden units that each training step leaves out, 0 to below 1. Default 0. */
  readonly dropout?: number
  /** What the outputs of each dimension start at. Default 0. */
  readonly initial?: ReadonlyArray<number>
  /** The length of the context, when the network is conditional. */
  readonly contextSize?: number
  /** Seed of a random order and of random connectivity. Default 0. */
  readonly seed?: number
}
