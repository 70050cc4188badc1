import type { AnyPlugin } from "../Plugin.ts"
import { blockPlugin } from "./block.ts"
import { chainPlugin } from "./chain.ts"
import { concatPlugin } from "./concat.ts"
import { invertPlugin } from "./invert.ts"
import { maskedPlugin } from "./masked.ts"
import { stackPlugin } from "./stack.ts"

export { blockPlugin, chainPlugin, concatPlugin, invertPlugin, maskedPlugin, stackPlugin }

/** The combinators as plugins. Any registry wants them. */
export const combinatorPlugins: ReadonlyArray<AnyPlugin> = [
  chainPlugin,
  invertPlugin,
  blockPlugin,
  concatPlugin,
  stackPlugin,
  maskedPlugin,
]
