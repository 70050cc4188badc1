/**
 * `@pushforward/flows-maf-iaf`: masked and inverse autoregressive flows.
 */
import type { AnyPlugin } from "@pushforward/core"
import { iafPlugin, mafPlugin } from "./maf.ts"
import { maskedAutoregressivePlugin } from "./maskedAutoregressive.ts"

export {
  maskedAutoregressive,
  type MaskedAutoregressiveOptions,
  maskedAutoregressivePlugin,
} from "./maskedAutoregressive.ts"
export { iaf, iafPlugin, maf, type MafOptions, mafPlugin } from "./maf.ts"

export { iafGuide, maf5, maf10, mafMog5, type PresetOptions } from "./presets.ts"

/** Every plugin of this package. */
export const mafIafPlugins: ReadonlyArray<AnyPlugin> = [
  maskedAutoregressivePlugin,
  mafPlugin,
  iafPlugin,
]
