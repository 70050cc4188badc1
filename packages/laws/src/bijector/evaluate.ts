import {
  type Bijector,
  isParametric,
  makeKey,
  type Params,
  randomizeParams,
  type Shape,
  type Site,
  sizeOf,
  toTensors,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import type { Matrix } from "../internal/linearAlgebra.ts"
import { type BijectorCase, inputShape } from "./BijectorCase.ts"
import type { BijectorSubject } from "./BijectorSubject.ts"
import { jacobianOf, volume } from "./jacobian.ts"
import { scoped } from "../internal/scoped.ts"

/** Numbers read back, with their shape. */
export interface Host {
  readonly values: Float32Array
  readonly shape: Shape
}

/** Reads a tensor back. */
export const read = (t: tf.Tensor): Host => ({
  values: Float32Array.from(t.dataSync<"float32">()),
  shape: t.shape,
})

/** Puts numbers back into the engine. */
export const write = ({ values, shape }: Host): tf.Tensor =>
  tf.tensor(values, [...shape], "float32")

/** Random parameters, never those of initialisation: an identity hides errors. */
export const paramsOf = ({ layer }: BijectorSubject, { seed }: BijectorCase): Params =>
  isParametric(layer) ? randomizeParams(layer.init(makeKey(seed)), makeKey(seed)) : {}

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

/** A function of the input that sees `copies` of everything along a new first axis, context included. */
const tiled = (
  subject: BijectorSubject,
  sample: BijectorCase,
  pick: (bijector: Bijector) => (x: tf.Tensor) => tf.Tensor,
) => {
  let bijector = buildCase(subject, sample)
  let axes = inputShape(subject, sample).length
  return (x: tf.Tensor): tf.Tensor => {
    const [copies = 1] = x.shape
    if (sample.context && x.rank > axes) {
      axes = Infinity
      const context = tf.expandDims(contextOf(subject, sample)!, 0)
      bijector = buildCase(subject, sample, {
        context: tf.tile(context, [copies, ...context.shape.slice(1).map(() => 1)]),
      })
    }
    return pick(bijector)(x)
  }
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
  readonly logDetSlope: Float32Array
}

const lazily = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | undefined
  return () => (made ??= { value: scoped(make) }).value
}

const evaluations = new WeakMap<BijectorSubject, Map<string, Evaluation>>()

/** Evaluates a case on the current backend; laws on the same case share the result. */
export const evaluate = (subject: BijectorSubject, sample: BijectorCase): Evaluation => {
  const known = evaluations.get(subject) ?? new Map<string, Evaluation>()
  evaluations.set(subject, known)
  const id = [tf.getBackend(), sample.seed, sample.batch, sample.x, sample.context].join("|")
  const found = known.get(id)
  if (found) return found
  if (known.size > 64) known.clear()
  const made = makeEvaluation(subject, sample)
  known.set(id, made)
  return made
}

const makeEvaluation = (subject: BijectorSubject, sample: BijectorCase): Evaluation => {
  const { eventRankIn, eventRankOut } = subject.layer
  const x = lazily(() => read(inputOf(subject, sample)))
  const forward = lazily(() => {
    const [y, logDet] = buildCase(subject, sample).forwardAndLogDet(inputOf(subject, sample))
    return { y: read(y), logDet: read(logDet) }
  })
  const back = lazily(() => {
    const [xBack, logDet] = buildCase(subject, sample).inverseAndLogDet(write(forward().y))
    return { x: read(xBack), logDet: read(logDet) }
  })
  const volumes = lazily(() => {
    const jacobians = jacobianOf(
      { f: tiled(subject, sample, (b) => b.forward), rankIn: eventRankIn, rankOut: eventRankOut },
      inputOf(subject, sample),
    )
    if (jacobians.every((m) => m.rows >= m.columns)) {
      return jacobians.map((m) => ({ forward: m, ...volume(m) }))
    }
    // The input has fewer free coordinates than elements: judge by the inverse, which starts from free ones.
    const inverses = jacobianOf(
      { f: tiled(subject, sample, (b) => b.inverse), rankIn: eventRankOut, rankOut: eventRankIn },
      write(forward().y),
    )
    return inverses.map((inverse, i) => ({
      forward: jacobians[i]!,
      logAbsDet: -volume(inverse).logAbsDet,
      inverse,
    }))
  })
  const logDetSlope = lazily(() => {
    const bijector = buildCase(subject, sample)
    const slope = tf.grad((at: tf.Tensor) =>
      tf.add(tf.sum(bijector.forwardAndLogDet(at)[1]), tf.mul(0, tf.sum(at))),
    )
    return read(slope(inputOf(subject, sample))).values
  })
  return {
    get x() {
      return x()
    },
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
