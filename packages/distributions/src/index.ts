/**
 * `@pushforward/distributions`: distributions with exact log densities, and pushforwards of them.
 */
import type { AnyPlugin } from "@pushforward/core"
import { gaussianMixturePlugin } from "./gaussianMixture.ts"
import { independentPlugin } from "./independent.ts"
import { multivariateNormalPlugin } from "./multivariateNormal.ts"
import { normalPlugin } from "./normal.ts"
import { transformedPlugin } from "./transformed.ts"
import { uniformPlugin } from "./uniform.ts"

export * from "./Distribution.ts"
export * from "./gaussianMixture.ts"
export * from "./independent.ts"
export * from "./multivariateNormal.ts"
export * from "./normal.ts"
export * from "./scoreInside.ts"
export * from "./parameterSpace.ts"
export * from "./transformed.ts"
export * from "./uniform.ts"

/** Every distribution of this package, for a registry. */
export const distributionPlugins: ReadonlyArray<AnyPlugin> = [
  normalPlugin,
  uniformPlugin,
  multivariateNormalPlugin,
  gaussianMixturePlugin,
  independentPlugin,
  transformedPlugin,
]
