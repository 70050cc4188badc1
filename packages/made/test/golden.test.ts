import { type Params, trainable } from "@pushforward/core"
import type { ParametricDistribution } from "@pushforward/distributions"
import { toTensors } from "@pushforward/core"
import { inFloat64 } from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"
import {
  type Activation,
  madeBernoulli,
  madeCategorical,
  type MadeDensityOptions,
  madeGaussian,
  madeMog,
} from "../src/index.ts"
import golden from "./golden/made.json" with { type: "json" }

interface Golden {
  readonly name: string
  readonly hidden: ReadonlyArray<number>
  readonly activation: string
  readonly residual: boolean
  readonly layers: ReadonlyArray<{
    readonly weight: ReadonlyArray<number>
    readonly bias: ReadonlyArray<number>
  }>
  readonly data: ReadonlyArray<ReadonlyArray<number>>
  readonly context?: ReadonlyArray<ReadonlyArray<number>>
  readonly contextWeight?: ReadonlyArray<number>
  readonly logProb: ReadonlyArray<number>
}

const recipes: Readonly<Record<string, (options: MadeDensityOptions) => ParametricDistribution>> = {
  gaussian: madeGaussian,
  mog: (options) => madeMog({ ...options, order: "reversed", components: 3 }),
  bernoulli: (options) =>
    madeBernoulli({
      ...options,
      order: [
        [false, false, false, false],
        [false, false, false, false],
        [true, true, false, false],
        [false, false, true, false],
      ],
    }),
  categorical: (options) => madeCategorical({ ...options, order: [2, 0, 1], categories: 3 }),
}

describe("densities against an independent implementation in NumPy (golden/regenerate.py)", () => {
  it.each(golden.cases as ReadonlyArray<Golden>)("$name, in float64", (of) => {
    const size = of.data[0]!.length
    const contextSize = of.context?.[0]!.length
    const recipe = recipes[of.name]!({
      size,
      hidden: of.hidden,
      activation: of.activation as Activation,
      residual: of.residual,
      ...(contextSize && { contextSize }),
    })
    const params: Params = {
      ...Object.fromEntries(
        of.layers.map(({ weight, bias }, l) => [
          String(l),
          {
            weight: trainable([weight.length / bias.length, bias.length], weight),
            bias: trainable([bias.length], bias),
          },
        ]),
      ),
      ...(of.contextWeight && {
        context: trainable([contextSize!, of.hidden[0]!], of.contextWeight),
      }),
    }
    const [logProb] = inFloat64(
      ([x]) => [
        recipe
          .build(
            toTensors(params),
            of.context ? { context: tf.tensor2d(of.context as number[][]) } : {},
          )
          .logProb(x!),
      ],
      [{ shape: [of.data.length, size], values: of.data.flat() }],
    )
    of.logProb.forEach((want, i) =>
      expect(Math.abs(logProb!.values[i]! - want)).toBeLessThan(1e-9 * (1 + Math.abs(want))),
    )
  })
})
