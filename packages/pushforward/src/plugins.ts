import { bijectorPlugins } from "@pushforward/bijectors"
import { type AnyPlugin, combinatorPlugins } from "@pushforward/core"
import { distributionPlugins } from "@pushforward/distributions"
import { mafIafPlugins } from "@pushforward/flows-maf-iaf"
import { madePlugins } from "@pushforward/made"

/**
 * Every plugin of the standard packages: what specs may name without further ado.
 *
 * ```ts
 * import { standardPlugins } from "pushforward"
 *
 * standardPlugins.some((plugin) => plugin.tag === "maf") // => true
 * ```
 */
export const standardPlugins: ReadonlyArray<AnyPlugin> = [
  ...combinatorPlugins,
  ...bijectorPlugins,
  ...mafIafPlugins,
  ...distributionPlugins,
  ...madePlugins,
]
