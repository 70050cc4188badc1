/**
 * The autoregressive law, for networks of every kind: in float64, what a dimension must not depend on has a derivative of
 * exactly zero.
 */
import { makeKey, normalValues, randomizeParams, randomNormal, toTensors } from "@pushforward/core"
import { inFloat64 } from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Activation, activations, made, type MadeOptions, masksOf } from "../src/index.ts"
import { anyStructure, dependsOn, pathCounts } from "./anyStructure.ts"

const anyNetwork: fc.Arbitrary<MadeOptions> = fc
  .record({
    of: anyStructure,
    ends: fc.record({
      features: fc.integer({ min: 1, max: 2 }),
      outputs: fc.integer({ min: 1, max: 3 }),
    }),
    activation: fc.constantFrom(...(Object.keys(activations) as Array<Activation>)),
  })
  .map(
    ({
      of: {
        options: { conditional, ...structure },
        seed,
      },
      ends,
      activation,
    }) => ({
      ...structure,
      ...ends,
      seed,
      activation,
      ...(conditional && { contextSize: 2 }),
    }),
  )

/** `∂ output / ∂ input` in float64, `[outputs, inputs]`, at random parameters. */
const jacobian = (options: MadeOptions): ReadonlyArray<ReadonlyArray<number>> => {
  const { size, features = 1, outputs = 1, seed = 0, contextSize } = options
  const recipe = made(options)
  const params = randomizeParams(recipe.init(makeKey(seed)), makeKey(seed + 1))
  const [columns, rows] = [features * size, outputs * size]
  const x = normalValues(makeKey(seed + 2), columns)
  const [values] = inFloat64(
    ([at]) => {
      const context = contextSize ? randomNormal(makeKey(seed + 3), [contextSize]) : undefined
      const { apply } = recipe.build(toTensors(params), context ? { context } : {})
      return [tf.grad((t) => tf.sum(tf.mul(apply(t), tf.eye(rows))))(at!)]
    },
    [{ shape: [rows, columns], values: Array.from({ length: rows }, () => [...x]).flat() }],
  )
  return Array.from({ length: rows }, (_, i) => [
    ...values!.values.subarray(i * columns, (i + 1) * columns),
  ])
}

describe("the outputs of a dimension", () => {
  it("do not move at all with an input that the dimension does not depend on", () => {
    fc.assert(
      fc.property(anyNetwork, (options) => {
        const of = made(options).structure
        jacobian(options).forEach((row, o) =>
          row.forEach((slope, i) => {
            if (!dependsOn(of, o % options.size, i % options.size)) expect(slope).toBe(0)
          }),
        )
      }),
      { numRuns: 400 },
    )
  })

  it("move with every input from which the masks leave a way", () => {
    fc.assert(
      fc.property(
        // A rectifier may be shut for good.
        anyNetwork.filter(({ activation }) => activation !== "relu"),
        (options) => {
          const { size } = options
          const counts = pathCounts(masksOf(made(options).structure), options.residual)
          jacobian(options).forEach((row, o) =>
            row.forEach((slope, i) => expect(slope !== 0).toBe(counts[i % size]![o % size]! > 0)),
          )
        },
      ),
      { numRuns: 100 },
    )
  })
})
