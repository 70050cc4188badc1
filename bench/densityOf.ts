import { combinatorPlugins, makeRegistry } from "@pushforward/core"
import {
  distributionKind,
  distributionPlugins,
  type ParametricDistribution,
} from "@pushforward/distributions"
import { Result } from "effect"
import { bijectorPlugins } from "@pushforward/bijectors"
import { mafIafPlugins } from "@pushforward/flows-maf-iaf"
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

/** What the specs name. */
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
