import {
  type Bijector,
  isParametric,
  type Params,
  type Site,
  sizeOf,
  toTensors,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { Matrix } from "../internal/linearAlgebra.ts"
import { float32 } from "../judge/float32.ts"
import type { Host, Judge } from "../judge/Judge.ts"
import { type BijectorCase, inputShape } from "./BijectorCase.ts"
import type { BijectorSubject } from "./BijectorSubject.ts"
import { jacobianOf, matricesOf, volume } from "./jacobian.ts"
import { batched, type BijectorProgram, type OpenBijector, paramsOf, run } from "./program.ts"

/** The case's input, as every judge sees it: numbers that float32 has. */
export const hostInput = (subject: BijectorSubject, sample: BijectorCase): Host => ({
  values: Float64Array.from(sample.x, Math.fround),
  shape: inputShape(subject, sample),
})

/** The case's input. */
export const inputOf = (subject: BijectorSubject, sample: BijectorCase): tf.Tensor =>
  tf.tensor([...sample.x], [...inputShape(subject, sample)], "float32")

/** The case's context, where the layer declares one. */
export const contextOf = (
  { layer }: BijectorSubject,
  { context, batch }: BijectorCase,
): tf.Tensor | undefined =>
  context && tf.tensor([...context], [...batch, ...layer.contextShape!], "float32")

/** Builds a layer for a case; `site` replaces what the case says. */
export const buildCase = (
  subject: BijectorSubject,
  sample: BijectorCase,
  site: Site = {},
  params: Params = paramsOf(subject, sample),
): Bijector => {
  const { layer } = subject
  if (!isParametric(layer)) return layer
  const context = contextOf(subject, sample)
  return layer.build(toTensors(params), { ...(context && { context }), ...site })
}

/** Which way a bijector is gone through. */
export type Direction = "forward" | "inverse"

/** Both results of each direction. */
export const paired: Readonly<Record<Direction, BijectorProgram>> = {
  forward: ({ build }, x) => [...build().forwardAndLogDet(x)],
  inverse: ({ build }, y) => [...build().inverseAndLogDet(y)],
}

/** A direction's function, which may see its input with copies along a new first axis, and the context with it. */
const tiled = ({ build, context }: OpenBijector, direction: Direction, axes: number) => {
  const bijector = build()
  return (x: tf.Tensor): tf.Tensor => {
    if (context === undefined || x.rank === axes) return bijector[direction](x)
    const rows = tf.expandDims(context, 0)
    return build({ context: tf.tile(rows, [x.shape[0], ...context.shape.map(() => 1)]) })[
      direction
    ](x)
  }
}

const jacobianAlong =
  (direction: Direction): BijectorProgram =>
  (open, x) => {
    const { eventRankIn, eventRankOut } = open.subject.layer
    const [rankIn, rankOut] =
      direction === "forward" ? [eventRankIn, eventRankOut] : [eventRankOut, eventRankIn]
    return [jacobianOf({ f: tiled(open, direction, x.rank), rankIn, rankOut }, x)]
  }

const jacobians: Readonly<Record<Direction, BijectorProgram>> = {
  forward: jacobianAlong("forward"),
  inverse: jacobianAlong("inverse"),
}

const slopeOfLogDet: BijectorProgram = ({ build }, x) => {
  const bijector = build()
  const slope = tf.grad((at: tf.Tensor) =>
    tf.add(tf.sum(bijector.forwardAndLogDet(at)[1]), tf.mul(0, tf.sum(at))),
  )
  return [slope(x)]
}

/** What several laws look at, computed once per case. */
export interface Evaluation {
  readonly x: Host
  readonly y: Host
  readonly logDet: Host
  /** The inverse at `y`. */
  readonly back: { readonly x: Host; readonly logDet: Host }
  /** `log |det|` per row from autodiff, and the amplification `|∂x/∂y|` where it can be had. */
  readonly volumes: ReadonlyArray<{
    readonly forward: Matrix
    readonly logAbsDet: number
    readonly inverse: Matrix | undefined
  }>
  /** `∂logDet/∂x`, with the shape of `x`. */
  readonly logDetSlope: Float64Array
}

const lazily = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: make() }).value
}

const evaluations = new WeakMap<BijectorSubject, Map<string, Evaluation>>()

/** Evaluates a case; laws on the same case share the result. */
export const evaluate = (
  subject: BijectorSubject,
  sample: BijectorCase,
  judge: Judge = float32,
): Evaluation => {
  const known = evaluations.get(subject) ?? new Map<string, Evaluation>()
  evaluations.set(subject, known)
  const id = [
    judge.precision,
    tf.getBackend(),
    sample.seed,
    sample.batch,
    sample.x,
    sample.context,
  ].join("|")
  const found = known.get(id)
  if (found) return found
  if (known.size > 64) known.clear()
  const made = makeEvaluation(subject, sample, judge)
  known.set(id, made)
  return made
}

const makeEvaluation = (
  subject: BijectorSubject,
  sample: BijectorCase,
  judge: Judge,
): Evaluation => {
  const of = (program: BijectorProgram, at: Host): ReadonlyArray<Host> =>
    run(judge, subject, sample, program, [batched(at)])
  const x = hostInput(subject, sample)
  const forward = lazily(() => {
    const [y, logDet] = of(paired.forward, x)
    return { y: y!, logDet: logDet! }
  })
  const back = lazily(() => {
    const [xBack, logDet] = of(paired.inverse, forward().y)
    return { x: xBack!, logDet: logDet! }
  })
  const volumes = lazily(() => {
    const along = matricesOf(of(jacobians.forward, x)[0]!)
    if (along.every((m) => m.rows >= m.columns)) {
      return along.map((m) => ({ forward: m, ...volume(m) }))
    }
    // The input has fewer free coordinates than elements: judge by the inverse, which starts from free ones.
    return matricesOf(of(jacobians.inverse, forward().y)[0]!).map((inverse, i) => ({
      forward: along[i]!,
      logAbsDet: -volume(inverse).logAbsDet,
      inverse,
    }))
  })
  const logDetSlope = lazily(() => of(slopeOfLogDet, x)[0]!.values)
  return {
    x,
    get y() {
      return forward().y
    },
    get logDet() {
      return forward().logDet
    },
    get back() {
      return back()
    },
    get volumes() {
      return volumes()
    },
    get logDetSlope() {
      return logDetSlope()
    },
  }
}

/** The number of events in a case: batch rows times extra axes. */
export const eventCount = (subject: BijectorSubject, sample: BijectorCase): number =>
  sizeOf([...sample.batch, ...subject.extraShape])
