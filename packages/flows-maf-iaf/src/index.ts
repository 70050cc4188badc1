/**
 * `@pushforward/flows-maf-iaf`: masked and inverse autoregressive flows.
 */
import type { AnyPlugin } from "@pushforward/core"
import { iafPlugin, mafPlugin } from "./maf.ts"
import { maf5Plugin, maf10Plugin, mafMog5Plugin } from "./presets.ts"
import { maskedAutoregressivePlugin } from "./maskedAutoregressive.ts"

export {
  maskedAutoregressive,
  type MaskedAutoregressiveOptions,
  maskedAutoregressivePlugin,
} from "./maskedAutoregressive.ts"
export { iaf, iafPlugin, maf, type MafOptions, mafPlugin } from "./maf.ts"

export {
  iafGuide,
  maf5,
  maf5Plugin,
  maf10,
  maf10Plugin,
  mafMog5,
  mafMog5Plugin,
  type PresetOptions,
} from "./presets.ts"

/** Every plugin of this package. */
export const mafIafPlugins: ReadonlyArray<AnyPlugin> = [
  maskedAutoregressivePlugin,
  mafPlugin,
  iafPlugin,
  maf5Plugin,
  maf10Plugin,
  mafMog5Plugin,
]
