import * as tf from "@tensorflow/tfjs-core"
import {
  type Bijector,
  type BijectorMethods,
  type BijectorSignature,
  type Layer,
  type ParametricBijector,
  signature,
  sumEvent,
} from "../Bijector.ts"
import { CompositionError } from "../CompositionError.ts"
import { type Constraint, isSubset } from "../Constraint.ts"
import { assemble } from "../internal/assemble.ts"
import { batchPart, fits, type PartialShape, showShape } from "../Shape.ts"

/** The layers of each chain, so that a chain of chains is one flat chain. */
const layersOf = new WeakMap<object, ReadonlyArray<Layer>>()

/**
 * Runs bijectors from left to right: `chain(a, b)` maps `x` to `b(a(x))`.
 *
 * **Details**
 *
 * - Forward: `y = fₙ(… f₁(x))`; log-det: the sum of the layers' log-dets, each at its own input
 * - `chain()` is the identity; chains of chains are flattened; a chain of recipes is a recipe
 * - Elementwise layers act on events of any rank
 * - Throws: {@link CompositionError} when neighbours disagree in event rank, event shape or domain
 *
 * **Example** (Refused when written, not when run)
 *
 * ```ts
 * import { chain, inline } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const double = inline({
 *   name: "double",
 *   forward: (x) => tf.mul(x, 2),
 *   inverse: (y) => tf.div(y, 2),
 *   forwardLogDet: (x) => tf.fill(x.shape, Math.LN2),
 * })
 * chain(double, double).forward(tf.scalar(3)).dataSync()[0] // => 12
 * ```
 *
 * @category combinators
 */
export function chain(...layers: ReadonlyArray<Bijector>): Bijector
export function chain(...layers: ReadonlyArray<Layer>): ParametricBijector
export function chain(...nested: ReadonlyArray<Layer>): Layer {
  const layers = nested.flatMap((layer) => layersOf.get(layer) ?? [layer])
  const chained = assemble(chainSignature(layers), layers, chainMethods)
  layersOf.set(chained, layers)
  return chained
}

/** A pattern as long as the longer of the two, with every size that either knows. */
const merge = (a: PartialShape, b: PartialShape): PartialShape => {
  const rank = Math.max(a.length, b.length)
  return Array.from(
    { length: rank },
    (_, i) => a[i - rank + a.length] ?? b[i - rank + b.length] ?? null,
  )
}

/** Where values lie after `layer`: a rearrangement keeps what is true of every element. */
const codomainAfter = (layer: BijectorSignature, before: Constraint): Constraint =>
  layer.rearranges && before.elementwise ? before : layer.codomain

const checkNeighbours = (
  left: BijectorSignature,
  right: BijectorSignature,
  known: PartialShape,
  reached: Constraint,
): void => {
  const pair = `chain(…, ${left.name}, ${right.name}, …)`
  // Elementwise layers between pass the rank on.
  const [out, into] = [known.length, right.eventRankIn]
  if (out > 0 && into > 0 && out !== into) {
    const giver = left.eventRankOut === 0 ? "the layer before them" : left.name
    throw new CompositionError(
      `${pair}: ${giver} gives events of rank ${out}, but ${right.name} takes rank ${into}. ` +
        (into < out
          ? `Wrap it: block(${right.name}, ${out - into}).`
          : `Wrap it: block(${giver}, ${into - out}).`),
    )
  }
  if (into > 0 && known.length > 0 && !fits(known, right.eventShapeIn)) {
    throw new CompositionError(
      `${pair}: ${right.name} takes events of shape ${showShape(right.eventShapeIn)}, but what comes before it ` +
        `gives ${showShape(known)}. Make the sizes agree.`,
    )
  }
  if (!isSubset(reached, right.domain)) {
    throw new CompositionError(
      `${pair}: ${left.name} gives ${reached.name} values, but ${right.name} takes ${right.domain.name} ones. ` +
        `Put a bijector from ${reached.name} to ${right.domain.name} between them, or swap them.`,
    )
  }
}

/** The event shape after `layer`, as far as it is known from `before`. */
const shapeAfter = (layer: BijectorSignature, before: PartialShape): PartialShape => {
  if (layer.eventRankIn === 0) return before
  return before.every((n) => n !== null) && before.length === layer.eventRankIn
    ? layer.forwardEventShape(before)
    : layer.eventRankIn === layer.eventRankOut
      ? merge(before, layer.eventShapeOut)
      : layer.eventShapeOut
}

const chainSignature = (layers: ReadonlyArray<Layer>): BijectorSignature => {
  const [first] = layers
  if (first === undefined) return signature({ name: "identity", jacobian: { kind: "diagonal" } })
  let known: PartialShape = []
  const { domain } = layers.find((layer) => !layer.rearranges) ?? first
  let reached = domain
  layers.forEach((layer, i) => {
    if (i > 0) checkNeighbours(layers[i - 1]!, layer, known, reached)
    known = shapeAfter(layer, known.length === 0 ? layer.eventShapeIn : known)
    reached = codomainAfter(layer, reached)
  })
  const ranked = layers.filter((layer) => layer.eventRankIn > 0)
  const shapeIn = layers.every((layer) => layer.eventRankIn === layer.eventRankOut)
    ? ranked.reduce<PartialShape>((shape, layer) => merge(shape, layer.eventShapeIn), [])
    : (ranked[0]?.eventShapeIn ?? [])
  return signature({
    name:
      layers.length === 1 ? first.name : `chain(${layers.map((layer) => layer.name).join(", ")})`,
    eventShapeIn: shapeIn,
    eventShapeOut: known,
    domain,
    codomain: reached,
    forwardEventShape: (shape) => layers.reduce((s, layer) => layer.forwardEventShape(s), shape),
    inverseEventShape: (shape) =>
      layers.reduceRight((s, layer) => layer.inverseEventShape(s), shape),
    ...(layers.every((layer) => layer.increasing) && { increasing: true }),
    ...(layers.every((layer) => layer.rearranges) && { rearranges: true }),
    ...(layers.every((layer) => layer.jacobian?.kind === "diagonal") && {
      jacobian: { kind: "diagonal" } as const,
    }),
  })
}

const chainMethods = (bijectors: ReadonlyArray<Bijector>): BijectorMethods => {
  // An elementwise layer's log-det keeps the event axes of its neighbours: sum them.
  const rankIn = bijectors.find((b) => b.eventRankIn > 0)?.eventRankIn ?? 0
  const rankOut = bijectors.findLast((b) => b.eventRankOut > 0)?.eventRankOut ?? 0
  return {
    forwardAndLogDet: (x) => {
      let rank = rankIn
      let y = x
      let logDet: tf.Tensor = tf.zeros(batchPart(x.shape, rankIn) as number[])
      for (const bijector of bijectors) {
        const [next, ld] = bijector.forwardAndLogDet(y)
        logDet = tf.add(logDet, sumEvent(ld, rank - bijector.eventRankIn))
        rank += bijector.eventRankOut - bijector.eventRankIn
        y = next
      }
      return [y, logDet]
    },
    inverseAndLogDet: (y) => {
      let rank = rankOut
      let x = y
      let logDet: tf.Tensor = tf.zeros(batchPart(y.shape, rankOut) as number[])
      for (const bijector of bijectors.toReversed()) {
        const [previous, ld] = bijector.inverseAndLogDet(x)
        logDet = tf.add(logDet, sumEvent(ld, rank - bijector.eventRankOut))
        rank += bijector.eventRankIn - bijector.eventRankOut
        x = previous
      }
      return [x, logDet]
    },
    forward: (x) => bijectors.reduce((at, bijector) => bijector.forward(at), x),
    inverse: (y) => bijectors.reduceRight((at, bijector) => bijector.inverse(at), y),
  }
}
