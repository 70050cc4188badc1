import { worstOf } from "../internal/compare.ts"
import { along, compareSlope, signs, towardsBounds } from "../internal/differences.ts"
import type { Host, Input, Judge } from "../judge/Judge.ts"
import { shownInFloat64 } from "../judge/inEachPrecision.ts"
import type { Measurement } from "../Law.ts"
import type { BijectorCase } from "./BijectorCase.ts"
import type { MeasuringBijectorLaw } from "./BijectorLaw.ts"
import type { BijectorSubject } from "./BijectorSubject.ts"
import { outside } from "./codomain.ts"
import { type Direction, evaluate } from "./evaluate.ts"
import { batched, leavesOf, paramsOf, run } from "./program.ts"
import { inputSlopes, paramSlopes, totals, trainableLeaves, weightsOf } from "./summary.ts"

/** What both kinds of gradient start from: the point, and the inputs of the programs there. */
const startOf = (
  judge: Judge,
  subject: BijectorSubject,
  sample: BijectorCase,
  direction: Direction,
): { readonly at: Host; readonly inputs: (at: Input) => ReadonlyArray<Input> } => {
  const { x, y, logDet, back } = evaluate(subject, sample, judge)
  const [at, out, of] = direction === "forward" ? [x, y, logDet] : [y, x, back.logDet]
  const weights = weightsOf(direction, sample, out, of)
  return { at, inputs: (moved) => [batched(moved), ...weights] }
}

const inputGradient = (
  judge: Judge,
  subject: BijectorSubject,
  sample: BijectorCase,
  direction: Direction,
): Measurement => {
  const { layer } = subject
  const { at, inputs } = startOf(judge, subject, sample, direction)
  const [domain, rank] =
    direction === "forward"
      ? [layer.domain, layer.eventRankIn]
      : [layer.codomain, layer.eventRankOut]
  const gradient = run(judge, subject, sample, inputSlopes[direction], inputs(at))[0]!.values
  if (!gradient.every(Number.isFinite)) {
    return {
      measured: Number.NaN,
      tolerance: 0,
      detail: `${direction}: gradient ${gradient.join(", ")}`,
    }
  }
  const step = towardsBounds(
    domain.bounds,
    at.values,
    signs(sample.seed, `step ${direction}`, at.values.length),
  )
  return compareSlope(judge, `d/dx of ${direction}`, ...along(gradient, step), (signed) => {
    const moved: Host = {
      shape: at.shape,
      values: at.values.map((v, i) => v + signed * step[i]!),
    }
    return outside(domain, moved, rank) > 0
      ? Number.NaN
      : run(judge, subject, sample, totals[direction], inputs(moved))[0]!.values[0]!
  })
}

const paramGradient = (
  judge: Judge,
  subject: BijectorSubject,
  sample: BijectorCase,
  direction: Direction,
): Measurement => {
  const trained = trainableLeaves(subject)
  if (trained.length === 0) return { measured: 0, tolerance: 0 }
  const { at, inputs } = startOf(judge, subject, sample, direction)
  const slopes = run(judge, subject, sample, paramSlopes[direction], inputs(at))
  const gradient = Float64Array.from(slopes.flatMap(({ values }) => Array.from(values)))
  const step = signs(sample.seed, "parameter step", gradient.length)
  const leaves = leavesOf(paramsOf(subject, sample))
  const movedBy = (signed: number): ReadonlyArray<Input> => {
    let from = 0
    return leaves.map((leaf, i) => {
      if (!trained.includes(i)) return leaf
      const own = step.subarray(from, (from += leaf.values.length))
      return { ...leaf, values: Float64Array.from(leaf.values, (v, k) => v + signed * own[k]!) }
    })
  }
  return compareSlope(
    judge,
    `d/dparameters of ${direction}`,
    ...along(gradient, step),
    (signed) =>
      run(judge, subject, sample, totals[direction], inputs(at), movedBy(signed))[0]!.values[0]!,
  )
}

const total =
  `const total = (t: tf.Tensor) => {\n  const [y, logDet] = bijector.forwardAndLogDet(t)\n` +
  `  return tf.add(tf.sum(y), tf.sum(logDet)) as tf.Scalar\n}`
const hint = "// expected: finite, and near the differences; parameters alike"

/** Gradients in both directions, with respect to the input and to every trainable parameter. */
export const gradients: MeasuringBijectorLaw = {
  name: "gradients",
  grade: "required",
  statement: "gradients by input and parameters are finite and agree with finite differences",
  applies: () => true,
  // Differences of float32 keep few digits: more cases tell no more.
  most: { float32: 3 },
  call: {
    float32: `${total}\ntf.grad(total)(x).print() ${hint}`,
    float64:
      `${shownInFloat64("bijector", ["tf.grad(total)(x)"], total.split("\n"))}\n` +
      `console.log(shown[0]!.values) ${hint}`,
  },
  check: (subject, sample, judge) =>
    worstOf(
      (["forward", "inverse"] as const).flatMap((direction) => [
        inputGradient(judge, subject, sample, direction),
        paramGradient(judge, subject, sample, direction),
      ]),
    ),
}
