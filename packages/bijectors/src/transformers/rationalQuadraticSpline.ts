import {
  bijectorKind,
  constraints,
  elementwise,
  makeBijector,
  makePlugin,
  signature,
  type Transformer,
  transformerKind,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { boundedLogScale } from "../internal/boundedLogScale.ts"

/** The least share of the interval that a bin keeps, in width and in height. */
const leastBin = 1e-3

/** How far the logarithm of a slope at a knot can go either way: slopes stay between 1/1000 and 1000. */
const maxLogSlope = Math.log(1000)

/** Puts `before` and `after` rows of `value` around the bins, which are the last axis but one. */
const padBins = (x: tf.Tensor, before: number, after: number, value: number): tf.Tensor =>
  tf.pad(
    x,
    x.shape.map((_, axis): [number, number] => (axis === x.rank - 2 ? [before, after] : [0, 0])),
    value,
  )

/** One number for each bin, at its lower and at its upper end. */
type Ends = readonly [lower: tf.Tensor, upper: tf.Tensor]

/** The bins of the interval from −B to B whose widths are `raw` through a softmax, each with its least share. */
const binEnds = (raw: tf.Tensor, bins: number, bound: number): Ends => {
  const weight = tf.exp(boundedLogScale(raw))
  const share = tf.div(weight, tf.sum(weight, -2, true))
  const width = tf.add(tf.mul(share, 2 * bound * (1 - bins * leastBin)), 2 * bound * leastBin)
  const ends = tf.sub(tf.cumsum(width, raw.rank - 2), bound)
  const size = ends.shape.with(raw.rank - 2, bins - 1)
  const inner = tf.slice(
    ends,
    size.map(() => 0),
    size,
  )
  return [padBins(inner, 1, 0, -bound), padBins(inner, 0, 1, bound)]
}

/** Slopes at the knots: `raw` through an exponential within bounds, and 1 at ±B, where the tails begin. */
const knotSlopes = (raw: tf.Tensor): Ends => {
  const inner = tf.exp(boundedLogScale(raw, maxLogSlope))
  return [padBins(inner, 1, 0, 1), padBins(inner, 0, 1, 1)]
}

/** The bin that an element is in: its ends, `s = h/w`, and the slopes at its ends over `s`. */
interface Bin {
  readonly left: tf.Tensor
  readonly right: tf.Tensor
  readonly bottom: tf.Tensor
  readonly top: tf.Tensor
  readonly width: tf.Tensor
  readonly height: tf.Tensor
  readonly slope: tf.Tensor
  readonly a: tf.Tensor
  readonly b: tf.Tensor
}

/** The knots along both axes, and the slopes at them. */
interface Knots {
  readonly across: Ends
  readonly up: Ends
  readonly slopes: Ends
}

/** The bin of each element of `at` by its ends along one axis: one of them is true, so a sum picks its numbers. */
const binOf = (at: tf.Tensor, [lower, upper]: Ends, { across, up, slopes }: Knots): Bin => {
  const each = tf.expandDims(at, -2)
  const here = tf.logicalAnd(tf.greaterEqual(each, lower), tf.less(each, upper))
  const pick = (ends: Ends): Ends => {
    const [from, to] = ends.map((of) => tf.sum(tf.where(here, of, 0), -2))
    return [from!, to!]
  }
  const [[left, right], [bottom, top], [first, last]] = [pick(across), pick(up), pick(slopes)]
  const [width, height] = [tf.sub(right, left), tf.sub(top, bottom)]
  const slope = tf.div(height, width)
  const [a, b] = [tf.div(first, slope), tf.div(last, slope)]
  return { left, right, bottom, top, width, height, slope, a, b }
}

/** How far along a bin, from 0 to 1, and how far still to go. Their sum is 1; kept apart, both keep their last digits. */
type Place = readonly [theta: tf.Tensor, phi: tf.Tensor]

/** Distances from the lower and from the upper end, as shares of the whole. */
const placeOf = (at: tf.Tensor, lower: tf.Tensor, upper: tf.Tensor, size: tf.Tensor): Place => [
  tf.div(tf.sub(at, lower), size),
  tf.div(tf.sub(upper, at), size),
]

/** `θ² + φ² + (a + b) θφ`, at least ½: the paper's denominator over `s`, without its difference. */
const denominatorAt = ({ a, b }: Bin, [theta, phi]: Place): tf.Tensor =>
  tf.add(tf.add(tf.square(theta), tf.square(phi)), tf.mul(tf.add(a, b), tf.mul(theta, phi)))

/** `log dy/dx`. */
const logDerivative = ({ slope, a, b }: Bin, [theta, phi]: Place, denominator: tf.Tensor) => {
  const numerator = tf.add(
    tf.add(tf.mul(b, tf.square(theta)), tf.mul(a, tf.square(phi))),
    tf.mul(2, tf.mul(theta, phi)),
  )
  return tf.sub(tf.log(tf.mul(slope, numerator)), tf.mul(2, tf.log(denominator)))
}

/**
 * The place along a bin's width for one along its height: the root of the paper's quadratic. With `u = aω − bη` its
 * discriminant is `u² + 4ηω`, which cannot round to less than zero, and `u` is only ever added to what has its sign.
 */
const solve = ({ a, b }: Bin, [eta, omega]: Place): Place => {
  const u = tf.sub(tf.mul(a, omega), tf.mul(b, eta))
  const root = tf.sqrt(tf.add(tf.square(u), tf.mul(4, tf.mul(eta, omega))))
  const positive = tf.greaterEqual(u, 0)
  const most = tf.add(tf.where(positive, u, tf.neg(u)), root)
  const least = tf.mul(2, tf.where(positive, eta, omega))
  const sum = tf.add(most, least)
  return [
    tf.div(tf.where(positive, least, most), sum),
    tf.div(tf.where(positive, most, least), sum),
  ]
}

/** What {@link rationalQuadraticSpline} takes. */
export interface RationalQuadraticSplineOptions {
  /** The number of bins, `K`. Default 8. */
  readonly bins?: number
  /** The spline acts between −`bound` and `bound`; beyond is the identity. Default 3. */
  readonly bound?: number
}

/**
 * A monotone rational-quadratic spline for each dimension, with tails of slope 1.
 *
 * **Details**
 *
 * - Parameters: `widths: [K]`, `heights: [K]` of the bins through a softmax, `slopes: [K − 1]` at the inner knots
 *   through an exponential. All zeros: the identity
 * - Bounds: a bin keeps a thousandth of the interval from −B to B in width and height; slopes at knots stay between
 *   1/1000 and 1000, and are 1 at ±B
 * - Forward, within a bin of width `w`, height `h` and slope `s = h/w` that begins at `(x₀, y₀)`, with slopes `a s` and
 *   `b s` at its ends, `θ = (x − x₀)/w` and `φ = 1 − θ`: `y = y₀ + h θ(θ + aφ)/D` with `D = θ² + φ² + (a + b)θφ`;
 *   log-det: `log(s (bθ² + 2θφ + aφ²)/D²)`
 * - Inverse: the root of a quadratic, without cancellation, from `η = (y − y₀)/h`; log-det: minus the one at its `x`
 * - Outside: `y = x`, log-det 0
 * - Shapes: elementwise, `x: [...batch, d]` to `y, logDet: [...batch, d]`
 * - Throws: `RangeError` for fewer than 2 bins or more than 500, or a `bound` that is not positive
 * - Source: Durkan, Bekasov, Murray and Papamakarios, "Neural Spline Flows", arXiv:1906.04032, §3.1 and appendix A; they
 *   take a softplus for the slopes
 *
 * **Gotchas**
 *
 * The tails are those of what comes before: bring data to about unit size first, as `fit` does.
 *
 * **Example** (Two bins, the second one taller)
 *
 * ```ts
 * import { rationalQuadraticSpline } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const spline = rationalQuadraticSpline({ bins: 2, bound: 1 }).build({
 *   widths: tf.zeros([2, 1]),
 *   heights: tf.tensor2d([[0], [1]]),
 *   slopes: tf.zeros([1, 1]),
 * })
 * spline.forward(tf.tensor2d([[-1], [0], [1], [5]])).arraySync() // => [[-1], [-0.4599], [1], [5]]
 * ```
 *
 * @category constructors
 */
export const rationalQuadraticSpline = ({
  bins = 8,
  bound = 3,
}: RationalQuadraticSplineOptions = {}): Transformer => {
  if (!(Number.isInteger(bins) && bins >= 2 && bins <= 500)) {
    throw new RangeError(`rational-quadratic-spline: expected 2 to 500 bins, got ${bins}. Use 8.`)
  }
  if (!(bound > 0 && Number.isFinite(bound))) {
    throw new RangeError(
      `rational-quadratic-spline: expected a positive bound, got ${bound}. Use 3 for data of about unit size.`,
    )
  }
  const name = "rational-quadratic-spline"
  const of = signature({ name, increasing: true })
  return {
    name,
    parameters: { widths: [bins], heights: [bins], slopes: [bins - 1] },
    domain: constraints.real,
    codomain: constraints.real,
    increasing: true,
    build: (raw) => {
      const { widths, heights, slopes } = raw as Record<"widths" | "heights" | "slopes", tf.Tensor>
      const knots: Knots = {
        across: binEnds(widths, bins, bound),
        up: binEnds(heights, bins, bound),
        slopes: knotSlopes(slopes),
      }
      /** The spline between ±B, by `f` of a point that is surely there; the identity elsewhere. */
      const withTails =
        (f: (at: tf.Tensor) => readonly [tf.Tensor, tf.Tensor]) =>
        (x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
          const inside = tf.less(tf.abs(x), bound)
          const [y, logDet] = f(tf.where(inside, x, 0))
          return [tf.where(inside, y, x), tf.where(inside, logDet, 0)]
        }
      return makeBijector(of, {
        forwardAndLogDet: withTails((x) => {
          const bin = binOf(x, knots.across, knots)
          const place = placeOf(x, bin.left, bin.right, bin.width)
          const denominator = denominatorAt(bin, place)
          const [theta, phi] = place
          const share = tf.div(tf.mul(theta, tf.add(theta, tf.mul(bin.a, phi))), denominator)
          return [
            tf.add(bin.bottom, tf.mul(bin.height, share)),
            logDerivative(bin, place, denominator),
          ]
        }),
        inverseAndLogDet: withTails((y) => {
          const bin = binOf(y, knots.up, knots)
          const place = solve(bin, placeOf(y, bin.bottom, bin.top, bin.height))
          return [
            tf.add(bin.left, tf.mul(bin.width, place[0])),
            tf.neg(logDerivative(bin, place, denominatorAt(bin, place))),
          ]
        }),
      })
    },
  }
}

const fields = /* @__PURE__ */ (() => ({
  bins: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(2), Schema.isLessThanOrEqualTo(500)),
  ),
  bound: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0))),
}))()

/** `{ "_tag": "rational-quadratic-spline", "bins": 8, "bound": 3 }`: see {@link rationalQuadraticSpline}. */
export const rationalQuadraticSplineTransformerPlugin = /* @__PURE__ */ makePlugin(
  transformerKind,
  "rational-quadratic-spline",
  {
    description: "A monotone rational-quadratic spline between ±bound, the identity beyond",
    fields,
    examples: [
      { spec: { _tag: "rational-quadratic-spline" }, eventShape: [3] },
      { spec: { _tag: "rational-quadratic-spline", bins: 2, bound: 1.5 }, eventShape: [2] },
    ],
    compile: (spec) => Result.succeed(rationalQuadraticSpline(spec)),
  },
)

/**
 * `{ "_tag": "rational-quadratic-spline", "bins": 8, "bound": 3 }`: the spline of {@link rationalQuadraticSpline} with
 * knots of its own to train for each element.
 */
export const rationalQuadraticSplinePlugin = /* @__PURE__ */ makePlugin(
  bijectorKind,
  "rational-quadratic-spline",
  {
    description:
      "A monotone rational-quadratic spline between ±bound, trained for each element; the identity beyond",
    fields,
    examples: [
      { spec: { _tag: "rational-quadratic-spline" }, eventShape: [3] },
      { spec: { _tag: "rational-quadratic-spline", bins: 3, bound: 2 }, eventShape: [2, 2] },
      { spec: { _tag: "rational-quadratic-spline", bins: 4 }, eventShape: [] },
    ],
    compile: (spec, site) =>
      Result.succeed(elementwise(rationalQuadraticSpline(spec), site.eventShape)),
  },
)
