import {
  type Bijector,
  containsEvent,
  flattenParams,
  foldKey,
  isParametric,
  makeKey,
  paramLeaves,
  type Params,
  type ParamTensors,
  toTensors,
  type Tree,
  uniformValues,
  unflattenParams,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { digits, inconclusive, worstOf } from "../internal/compare.ts"
import { scoped } from "../internal/scoped.ts"
import type { Measurement } from "../Law.ts"
import type { BijectorCase } from "./BijectorCase.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import type { BijectorSubject } from "./BijectorSubject.ts"
import { buildCase, contextOf, evaluate, paramsOf, read, write } from "./evaluate.ts"

type Direction = "forward" | "inverse"

const signs = (seed: number, name: string, count: number): Float32Array =>
  uniformValues(foldKey(makeKey(seed), name), count).map((u) => 2 * u - 1)

/**
 * A smooth number made of everything a direction returns, `Σ v·out/(1 + |out₀|) + Σ w·logDet`, with fixed random weights.
 */
const summarise = (
  direction: Direction,
  seed: number,
  at: Float32Array,
): ((bijector: Bijector, x: tf.Tensor) => tf.Tensor) => {
  const weights = signs(seed, `weights ${direction}`, at.length).map(
    (v, i) => v / (1 + Math.abs(at[i]!)),
  )
  return (bijector, x) => {
    const [out, logDet] =
      direction === "forward" ? bijector.forwardAndLogDet(x) : bijector.inverseAndLogDet(x)
    const v = tf.tensor(weights, out.shape, "float32")
    const w = tf.tensor(signs(seed, "log-det", logDet.size), logDet.shape, "float32")
    return tf.add(tf.sum(tf.mul(v, out)), tf.sum(tf.mul(w, logDet)))
  }
}

/**
 * A slope against central differences of two widths. The tolerance is 2e-2 of the magnitude, because a float32
 * difference over 2h keeps `ε|f|/h` and no more, plus what the differences themselves say about curvature and kinks (as
 * of a ReLU): four times what halving the width changes, and how far the two one-sided differences are apart.
 */
const compareSlope = (
  what: string,
  slope: number,
  size: number,
  valueAt: (step: number) => number,
): Measurement => {
  if (!Number.isFinite(slope)) {
    return { measured: Number.NaN, tolerance: 0, detail: `${what}: the gradient is ${slope}` }
  }
  const h = 5e-3
  const [before, near, here, past, after] = [-2 * h, -h, 0, h, 2 * h].map(valueAt) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const [wide, narrow] = [(after - before) / (4 * h), (past - near) / (2 * h)]
  if (!Number.isFinite(wide) || !Number.isFinite(narrow)) {
    return inconclusive("a step of the finite difference leaves the domain")
  }
  const bend = 4 * Math.abs(wide - narrow) + Math.abs(past - 2 * here + near) / h
  const magnitude = Math.max(1, Math.abs(slope), size)
  return bend > magnitude
    ? inconclusive("the function bends too much for finite differences")
    : {
        measured: Math.abs(narrow - slope),
        tolerance: 2e-2 * magnitude + bend,
        detail: `${what}: autodiff gives ${digits(slope)}, finite differences ${digits(narrow)}`,
      }
}

const inputGradient = (
  subject: BijectorSubject,
  sample: BijectorCase,
  direction: Direction,
): Measurement =>
  scoped(() => {
    const { layer } = subject
    const evaluation = evaluate(subject, sample)
    const [at, out] =
      direction === "forward" ? [evaluation.x, evaluation.y] : [evaluation.y, evaluation.x]
    const domain = direction === "forward" ? layer.domain : layer.codomain
    const rank = direction === "forward" ? layer.eventRankIn : layer.eventRankOut
    const bijector = buildCase(subject, sample)
    const total = summarise(direction, sample.seed, out.values)
    const x = write(at)
    const gradient = read(
      tf.grad((input: tf.Tensor) => tf.add(total(bijector, input), tf.mul(0, tf.sum(input))))(x),
    ).values
    if (!gradient.every(Number.isFinite)) {
      return {
        measured: Number.NaN,
        tolerance: 0,
        detail: `${direction}: gradient ${gradient.join(", ")}`,
      }
    }
    // Steps shrink towards a bound, where slopes change over shorter distances.
    const { low, high } = domain.bounds
    const step = signs(sample.seed, `step ${direction}`, at.values.length).map(
      (u, i) => u * Math.min(1, 0.5 * (at.values[i]! - low), 0.5 * (high - at.values[i]!)),
    )
    const slope = gradient.reduce((sum, g, i) => sum + g * step[i]!, 0)
    const size = gradient.reduce((sum, g, i) => sum + Math.abs(g * step[i]!), 0)
    return compareSlope(`d/dx of ${direction}`, slope, size, (signed) => {
      const moved = tf.add(x, tf.mul(signed, tf.tensor(step, [...at.shape])))
      const inside = containsEvent(domain, moved, Math.max(rank, domain.eventRank)).dataSync()
      return inside.every((v) => v !== 0) ? total(bijector, moved).dataSync()[0]! : Number.NaN
    })
  })

const paramGradient = (
  subject: BijectorSubject,
  sample: BijectorCase,
  direction: Direction,
): Measurement =>
  scoped(() => {
    const { layer } = subject
    const params = paramsOf(subject, sample)
    const leaves = paramLeaves(params).filter(([, leaf]) => leaf.role === "trainable")
    if (leaves.length === 0 || !isParametric(layer)) return { measured: 0, tolerance: 0 }
    const evaluation = evaluate(subject, sample)
    const [at, out] =
      direction === "forward" ? [evaluation.x, evaluation.y] : [evaluation.y, evaluation.x]
    const total = summarise(direction, sample.seed, out.values)
    const x = write(at)
    const context = contextOf(subject, sample)
    const fixed = toTensors(params)
    const build = (tensors: ParamTensors): Bijector =>
      layer.build(tensors, context ? { context } : {})
    const gradients = tf.grads((...trained: Array<tf.Tensor>) => {
      const tensors = leaves.reduce<ParamTensors>(
        (tree, [path], i) => replaceLeaf(tree, path, trained[i]!),
        fixed,
      )
      const connected = tf.addN(trained.map((t) => tf.mul(0, tf.sum(t))))
      return tf.add(total(build(tensors), x), connected)
    })(leaves.map(([, leaf]) => tf.tensor(leaf.values, [...leaf.shape])))
    const gradient = gradients.flatMap((g) => Array.from(read(g).values))
    const step = signs(sample.seed, "parameter step", gradient.length)
    const slope = gradient.reduce((sum, g, i) => sum + g * step[i]!, 0)
    const size = gradient.reduce((sum, g, i) => sum + Math.abs(g * step[i]!), 0)
    const flat = flattenParams(params, "trainable")
    return compareSlope(`d/dparameters of ${direction}`, slope, size, (signed) => {
      const moved: Params = unflattenParams(
        params,
        "trainable",
        flat.map((v, i) => v + signed * step[i]!),
      )
      return total(build(toTensors(moved)), x).dataSync()[0]!
    })
  })

const replaceLeaf = (
  tree: ParamTensors,
  [name, ...rest]: ReadonlyArray<string>,
  value: tf.Tensor,
): ParamTensors => ({
  ...tree,
  [name!]: rest.length === 0 ? value : replaceLeaf(tree[name!] as Tree<tf.Tensor>, rest, value),
})

/** Gradients in both directions, with respect to the input and to every trainable parameter. */
export const gradients: BijectorLaw = {
  name: "gradients",
  grade: "required",
  statement: "gradients by input and parameters are finite and agree with finite differences",
  applies: () => true,
  call:
    `const total = (t: tf.Tensor) => {\n  const [y, logDet] = bijector.forwardAndLogDet(t)\n` +
    `  return tf.add(tf.sum(y), tf.sum(logDet)) as tf.Scalar\n}\n` +
    `tf.grad(total)(x).print() // expected: finite, and near the differences; parameters alike`,
  check: (subject, sample) =>
    worstOf(
      (["forward", "inverse"] as const).flatMap((direction) => [
        inputGradient(subject, sample, direction),
        paramGradient(subject, sample, direction),
      ]),
    ),
}
