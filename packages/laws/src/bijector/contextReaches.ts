import {
  type Bijector,
  block,
  chain,
  invert,
  type Layer,
  makeKey,
  normalValues,
  sizeOf,
  toTensors,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { compare, relative, worstOf } from "../internal/compare.ts"
import { scoped } from "../internal/scoped.ts"
import type { Measurement } from "../Law.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { inputOf, paramsOf, read } from "./evaluate.ts"

/**
 * A context without batch axes holds for every row, and arrives through `chain`, `invert` and `block`. A layer that
 * declares none takes one and ignores it.
 */
export const contextReaches: BijectorLaw = {
  name: "context-reaches",
  grade: "required",
  statement:
    "a context reaches a layer nested in chain, invert and block, and is ignored where none is declared",
  applies: ({ layer }) => "build" in layer,
  call:
    `const around = { context: tf.zeros([...(recipe.contextShape ?? [2])]) }\n` +
    `const nested = instantiate(chain(block(recipe, 0)), { 0: { 0: params } }, around)\n` +
    `const alone = instantiate(recipe, params, recipe.contextShape ? around : {})\n` +
    `tf.sub(nested.forward(x), alone.forward(x)).print() // expected: 0`,
  check: (subject, sample) =>
    scoped(() => {
      const { layer } = subject
      const shape = layer.contextShape ?? [2]
      const context = tf.tensor(normalValues(makeKey(sample.seed), sizeOf(shape)), [...shape])
      const params = toTensors(paramsOf(subject, sample))
      const make = (outer: Layer, tree: typeof params, site = { context }): Bijector =>
        "build" in outer ? outer.build(tree, site) : outer
      const alone =
        layer.contextShape === undefined && "build" in layer
          ? layer.build(params)
          : make(layer, params)
      // One row of events for `block` to sum over.
      const x = tf.expandDims(inputOf(subject, { ...sample }), -1 - layer.eventRankIn)
      const [y, logDet] = alone.forwardAndLogDet(x).map((t) => read(t).values) as [
        Float32Array,
        Float32Array,
      ]
      const same = (what: string, bijector: Bijector, inverted = false): Measurement => {
        const [out, ld] = (inverted ? bijector.inverseAndLogDet : bijector.forwardAndLogDet)(x)
        return worstOf([
          compare(read(out).values, y, relative(y, 1e-5), `${what}: y`),
          compare(read(ld).values, logDet, relative(logDet, 1e-5), `${what}: log-det`),
        ])
      }
      const nested = { 0: params }
      return worstOf([
        same("with a context", make(layer, params)),
        // The block of rank 0 keeps a chain from being flattened into the outer one.
        same("chain", make(chain(block(layer, 0), chain()), { 0: nested })),
        same("invert", make(invert(layer), params), true),
        same("block", make(block(layer, 1), nested)),
      ])
    }),
}
