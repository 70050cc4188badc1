import { bijectorPlugins } from "@pushforward/bijectors"
import { combinatorPlugins, makeRegistry } from "@pushforward/core"
import {
  distributionKind,
  distributionPlugins,
  type ParametricDistribution,
} from "@pushforward/distributions"
import { mafIafPlugins } from "@pushforward/flows-maf-iaf"
import { Result } from "effect"
import type { Configuration } from "./configurations.ts"

/** The spec of a configuration's flow, as it would stand in a file. */
export const specOf = ({ layers, hidden, batchNorm }: Configuration) => ({
  _tag: "transformed",
  bijector: {
    _tag: "chain",
    layers: Array.from({ length: layers }, (_, i) => [
      ...(i === 0 ? [] : [{ _tag: "reverse" }]),
      { _tag: "masked-autoregressive", hidden, activation: "tanh" },
      ...(batchNorm ? [{ _tag: "batch-norm" }] : []),
    ]).flat(),
  },
})

/** What the specs name. Not all of `pushforward`'s: with them comes what draws pictures, which no bundler takes. */
const plugins = [...combinatorPlugins, ...bijectorPlugins, ...mafIafPlugins, ...distributionPlugins]

/** The density that a configuration names: its spec, compiled by the plugins. */
export const densityOf = (configuration: Configuration): ParametricDistribution =>
  Result.getOrThrow(
    Result.flatMap(makeRegistry(plugins), (registry) =>
      registry.compile(distributionKind, specOf(configuration), {
        eventShape: [configuration.size],
      }),
    ),
  ) as ParametricDistribution
