import {
  type Bijector,
  block,
  chain,
  invert,
  isParametric,
  type Layer,
  makeKey,
  normalValues,
  sizeOf,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { compare, relative, worstOf } from "../internal/compare.ts"
import { shownInFloat64 } from "../judge/inEachPrecision.ts"
import type { MeasuringBijectorLaw } from "./BijectorLaw.ts"
import { hostInput } from "./evaluate.ts"
import { batched, type BijectorProgram, run } from "./program.ts"

/** What each way of nesting gives, value and log-det; the layer alone first. */
const ways = ["alone", "with a context", "chain", "invert", "block"] as const

const nestings: BijectorProgram = ({ subject: { layer }, params }, rows, context) => {
  const site = { context: context }
  const make = (outer: Layer, tree: typeof params): Bijector =>
    isParametric(outer) ? outer.build(tree, site) : outer
  const alone =
    layer.contextShape === undefined && isParametric(layer)
      ? layer.build(params)
      : make(layer, params)
  // One row of events for `block` to sum over.
  const x = tf.expandDims(rows, -1 - layer.eventRankIn)
  const nested = { 0: params }
  return [
    alone.forwardAndLogDet(x),
    make(layer, params).forwardAndLogDet(x),
    // The block of rank 0 keeps a chain from being flattened into the outer one.
    make(chain(block(layer, 0), chain()), { 0: nested }).forwardAndLogDet(x),
    make(invert(layer), params).inverseAndLogDet(x),
    make(block(layer, 1), nested).forwardAndLogDet(x),
  ].flat()
}

const given = [
  `const around = { context: tf.zeros([...(recipe.contextShape ?? [2])]) }`,
  `const nested = instantiate(chain(block(recipe, 0)), { 0: { 0: params } }, around)`,
  `const alone = instantiate(recipe, params, recipe.contextShape ? around : {})`,
]
const difference = `tf.sub(nested.forward(x), alone.forward(x))`

/**
 * A context without batch axes holds for every row, and arrives through `chain`, `invert` and `block`. A layer that
 * declares none takes one and ignores it.
 */
export const contextReaches: MeasuringBijectorLaw = {
  name: "context-reaches",
  grade: "required",
  statement:
    "a context reaches a layer nested in chain, invert and block, and is ignored where none is declared",
  applies: ({ layer }) => isParametric(layer),
  call: {
    float32: `${given.join("\n")}\n${difference}.print() // expected: 0`,
    float64: `${shownInFloat64("bijector", [difference], given)}\nconsole.log(shown[0]!.values) // expected: 0`,
  },
  check: (subject, sample, judge) => {
    const shape = subject.layer.contextShape ?? [2]
    const context = { shape, values: normalValues(makeKey(sample.seed), sizeOf(shape)) }
    const found = run(judge, subject, sample, nestings, [
      batched(hostInput(subject, sample)),
      context,
    ])
    const [y, logDet] = found
    return worstOf(
      ways.flatMap((way, i) => [
        compare(found[2 * i]!.values, y!.values, relative(y!.values, judge.agreement), `${way}: y`),
        compare(
          found[2 * i + 1]!.values,
          logDet!.values,
          relative(logDet!.values, judge.agreement),
          `${way}: log-det`,
        ),
      ]),
    )
  },
}
