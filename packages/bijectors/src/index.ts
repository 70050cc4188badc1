/**
 * `@pushforward/bijectors`: the standard bijectors, each a function and a plugin.
 */
import type { AnyPlugin } from "@pushforward/core"
import { actNormPlugin } from "./actNorm.ts"
import { affinePlugin } from "./affine.ts"
import { batchNormPlugin } from "./batchNorm.ts"
import { expPlugin } from "./exp.ts"
import { fillTriangularPlugin } from "./fillTriangular.ts"
import { luLinearPlugin } from "./luLinear.ts"
import { normalCdfPlugin } from "./normalCdf.ts"
import { permutePlugin } from "./permute.ts"
import { reversePlugin } from "./reverse.ts"
import { scaleTrilPlugin } from "./scaleTril.ts"
import { sigmoidPlugin } from "./sigmoid.ts"
import { softplusPlugin } from "./softplus.ts"
import { tanhPlugin } from "./tanh.ts"
import { affineTransformerPlugin } from "./transformers/affineTransformer.ts"
import { elementwisePlugin } from "./transformers/elementwisePlugin.ts"
import {
  rationalQuadraticSplinePlugin,
  rationalQuadraticSplineTransformerPlugin,
} from "./transformers/rationalQuadraticSpline.ts"
import { sinhArcsinhPlugin } from "./transformers/sinhArcsinh.ts"

export * from "./actNorm.ts"
export * from "./affine.ts"
export * from "./batchNorm.ts"
export * from "./bijectTo.ts"
export * from "./exp.ts"
export * from "./fillTriangular.ts"
export * from "./luLinear.ts"
export * from "./normalCdf.ts"
export * from "./permute.ts"
export * from "./reverse.ts"
export * from "./scaleTril.ts"
export * from "./sigmoid.ts"
export * from "./softplus.ts"
export * from "./tanh.ts"
export * from "./transformers/affineTransformer.ts"
export * from "./transformers/elementwisePlugin.ts"
export * from "./transformers/rationalQuadraticSpline.ts"
export * from "./transformers/sinhArcsinh.ts"
export { logNdtr, ndtr, ndtri } from "./ndtr.ts"
export type { HostNumbers, Numbers } from "./Numbers.ts"
export * as numbers from "./Numbers.ts"

/** Every plugin of this package, for a registry: bijectors, and the transformers that some of them name. */
export const bijectorPlugins: ReadonlyArray<AnyPlugin> = [
  affinePlugin,
  scaleTrilPlugin,
  expPlugin,
  softplusPlugin,
  sigmoidPlugin,
  tanhPlugin,
  normalCdfPlugin,
  permutePlugin,
  reversePlugin,
  fillTriangularPlugin,
  luLinearPlugin,
  batchNormPlugin,
  actNormPlugin,
  rationalQuadraticSplinePlugin,
  elementwisePlugin,
  affineTransformerPlugin,
  rationalQuadraticSplineTransformerPlugin,
  sinhArcsinhPlugin,
]
