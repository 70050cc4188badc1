import { type Bounds, type Constraint, interiorPoint, sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { violations } from "../internal/compare.ts"
import { scoped } from "../internal/scoped.ts"
import { type BijectorCase, outputShape } from "./BijectorCase.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import type { BijectorSubject } from "./BijectorSubject.ts"
import { read } from "../judge/float32.ts"
import { buildCase } from "./evaluate.ts"

interface Edge {
  readonly at: number
  /** Very close to the edge the log-determinant must be finite; at it, and far out, any number but NaN. */
  readonly finite: boolean
  /** The edge itself, or as near as float32 comes: its image may be infinite. */
  readonly touching?: boolean
}

/** Far enough to overflow `exp`, not so far that a square overflows. */
const far = 1e4

/** Where a saturating function is flat in float32, but the logarithm of its slope is still a plain number. */
const saturated = 20

const edgesOf = ({ low, high, lowIncluded, highIncluded }: Bounds): ReadonlyArray<Edge> => {
  const side = (bound: number, included: boolean, inward: 1 | -1): ReadonlyArray<Edge> => {
    if (!Number.isFinite(bound)) {
      return [
        { at: -inward * far, finite: false },
        { at: -inward * saturated, finite: true },
      ]
    }
    const ulp = 2 ** -23 * Math.abs(bound)
    return [
      ...(included ? [{ at: bound, finite: false, touching: true }] : []),
      // The nearest float32 inside; beside zero the smallest normal one.
      { at: bound + inward * Math.max(ulp, 2 ** -126), finite: false, touching: true },
      { at: bound + inward * 1e-6 * Math.max(1, Math.abs(bound)), finite: true },
    ]
  }
  return [...side(low, lowIncluded, 1), ...side(high, highIncluded, -1)]
}

const checkSide = (
  subject: BijectorSubject,
  sample: BijectorCase,
  direction: "forward" | "inverse",
): ReadonlyArray<string> => {
  const { layer } = subject
  const set: Constraint = direction === "forward" ? layer.domain : layer.codomain
  if (!set.elementwise) return []
  const whole =
    direction === "forward"
      ? [...subject.extraShape, ...subject.eventShape]
      : [...outputShape(subject)]
  const size = sizeOf(whole)
  return scoped(() => {
    // One row; a context of the first row goes with it.
    const first: BijectorCase = {
      ...sample,
      batch: [],
      ...(sample.context && {
        context: sample.context.slice(0, sizeOf(layer.contextShape!)),
      }),
    }
    const bijector = buildCase(subject, first)
    const elementwise = layer.eventRankIn === 0 && layer.eventRankOut === 0
    // A layer that mixes elements may meet Infinity − Infinity where its edge lies at infinity.
    const looked = edgesOf(set.bounds).filter(({ touching }) => elementwise || touching !== true)
    return looked.flatMap(({ at, finite }) =>
      // All elements at the edge, then the first alone.
      [() => at, (i: number) => (i === 0 ? at : interiorPoint(set))].flatMap((fill) => {
        const values = Float32Array.from({ length: size }, (_, i) => fill(i))
        const [out, logDet] = (
          direction === "forward" ? bijector.forwardAndLogDet : bijector.inverseAndLogDet
        )(tf.tensor(values, whole, "float32"))
        const [y, ld] = [read(out).values, read(logDet).values]
        const where = `${direction} at ${values.join(", ")}`
        const slopes = ld.length === y.length ? ld : undefined
        // A function does not run off to infinity where its slope is that of a plain number.
        const runaway = (v: number, i: number): boolean =>
          Math.abs(v) === Infinity && slopes !== undefined && Math.abs(slopes[i]!) < 20
        return [
          ...(y.some(runaway)
            ? [`${where} is ${y.join(", ")}, with log-det ${ld.join(", ")}`]
            : []),
          ...(y.some(Number.isNaN) ? [`${where} is ${y.join(", ")}`] : []),
          ...(ld.some(finite ? (v) => !Number.isFinite(v) : Number.isNaN)
            ? [`log-det of ${where} is ${ld.join(", ")}`]
            : []),
        ]
      }),
    )
  })
}

/**
 * Bounds, their neighbours and far points of elementwise domains and codomains. At a bound a log-determinant may be
 * infinite; a NaN anywhere would spoil a whole batch's mean.
 */
export const edges: BijectorLaw = {
  name: "edges",
  grade: "recommended",
  statement: "no NaN at the bounds, beside them and far out; log-det finite very close to a bound",
  applies: ({ layer }) => layer.domain.elementwise || layer.codomain.elementwise,
  call:
    `for (const [set, map] of [\n` +
    `  [bijector.domain.bounds, bijector.forwardAndLogDet],\n` +
    `  [bijector.codomain.bounds, bijector.inverseAndLogDet],\n] as const) {\n` +
    `  const like = set === bijector.domain.bounds ? x : bijector.forward(x)\n` +
    `  for (const at of [-1e4, -20, set.low, set.low + 1e-6, set.high - 1e-6, set.high, 20, 1e4]) {\n` +
    `    if (!(at >= set.low && at <= set.high && Number.isFinite(at))) continue\n` +
    `    console.log(at)\n` +
    `    for (const t of map(tf.fill(like.shape, at))) t.print() // expected: no NaN\n  }\n}`,
  check: (subject, sample) =>
    violations([
      ...checkSide(subject, sample, "forward"),
      ...checkSide(subject, sample, "inverse"),
    ]),
}
