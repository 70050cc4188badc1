import {
  type Bijector,
  type BijectorMethods,
  type BijectorSignature,
  bijectorKind,
  makeBijector,
  makePlugin,
  type Params,
  type ParametricBijector,
  type Shape,
  ShapeError,
  showShape,
  signature,
  sumEvent,
  trainable,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Result, Schema } from "effect"
import { boundedLogScale } from "./internal/boundedLogScale.ts"
import {
  broadcastShapes,
  type HostNumbers,
  isTensor,
  mapNumbers,
  type Numbers,
  operand,
  requireNumbers,
  shapeOf,
  valuesOf,
} from "./Numbers.ts"

const isOnly = (numbers: Numbers, value: number): boolean =>
  !isTensor(numbers) && valuesOf(numbers).every((n) => n === value)

/** What float32 cannot hold of a constant, so that data far from zero is moved by exactly the shift that was asked. */
const remainderOf = (shift: Numbers): Numbers =>
  mapNumbers(
    shift,
    (value) => value - Math.fround(value),
    () => tf.scalar(0),
  )

const logAbs = (scale: Numbers): Numbers =>
  mapNumbers(
    scale,
    (value) => Math.log(Math.abs(value)),
    (t) => tf.log(tf.abs(t)),
  )

/** `y = scale · x + shift` on events of rank `rank`; `logScale` is `log |scale|`. */
const methods = (
  rank: number,
  shift: Numbers,
  scale: Numbers,
  logScale: () => Numbers,
): BijectorMethods => {
  const remainder = isTensor(shift) ? 0 : remainderOf(shift)
  const rounded = mapNumbers(shift, Math.fround, (t) => t)
  const [scales, shifts, remains] = [!isOnly(scale, 1), !isOnly(shift, 0), !isOnly(remainder, 0)]
  const forward = (x: tf.Tensor): tf.Tensor => {
    const scaled = scales ? tf.mul(x, operand(scale)) : x
    const nearly = remains ? tf.add(scaled, operand(remainder)) : scaled
    return shifts ? tf.add(nearly, operand(rounded)) : nearly
  }
  const inverse = (y: tf.Tensor): tf.Tensor => {
    const nearly = shifts ? tf.sub(y, operand(rounded)) : y
    const moved = remains ? tf.sub(nearly, operand(remainder)) : nearly
    return scales ? tf.div(moved, operand(scale)) : moved
  }
  const logDet = (like: tf.Tensor): tf.Tensor =>
    sumEvent(tf.add(tf.zeros(like.shape), operand(logScale())), rank)
  return {
    forward,
    inverse,
    forwardAndLogDet: (x) => {
      const y = forward(x)
      return [y, logDet(y)]
    },
    inverseAndLogDet: (y) => {
      const x = inverse(y)
      return [x, tf.neg(logDet(x))]
    },
  }
}

const requireScale = (scale: Numbers): void =>
  requireNumbers(
    "affine",
    scale,
    "a finite scale other than 0",
    "Drop the layer, or divide by another scale.",
    (value) => Number.isFinite(value) && value !== 0,
  )

const requireShift = (shift: Numbers): void =>
  requireNumbers("affine", shift, "a finite shift", "Give a number.", Number.isFinite)

/** The event shapes that constants fit: those they do not enlarge. */
const across =
  (parameters: Shape) =>
  (shape: Shape): Shape => {
    const offset = shape.length - parameters.length
    if (offset < 0 || parameters.some((n, i) => n !== 1 && n !== shape[offset + i])) {
      throw new ShapeError(
        `affine: its constants are for events of shape ${showShape(parameters)}, got ${showShape(shape)}. ` +
          `Give one number, or one per element.`,
      )
    }
    return shape
  }

/** What {@link affine} takes. */
export interface AffineOptions {
  /** Default 0. */
  readonly shift?: Numbers
  /** Default 1; not 0. */
  readonly scale?: Numbers
}

const elementwiseSignature = (shift: Numbers, scale: Numbers): BijectorSignature => {
  const constants = [shift, scale].filter((numbers) => !isTensor(numbers)).map(shapeOf)
  const fitting = across(broadcastShapes("affine", ...constants))
  return signature({
    name: "affine",
    forwardEventShape: fitting,
    inverseEventShape: fitting,
    ...(!isTensor(scale) && valuesOf(scale).every((s) => s > 0) && { increasing: true }),
  })
}

/**
 * Scales and shifts every element.
 *
 * **Details**
 *
 * - Forward: `y = scale · x + shift`; log-det: `log |scale|`
 * - Inverse: `x = (y − shift)/scale`; log-det: `−log |scale|`
 * - Shapes: elementwise, `x: [...batch]` to `y, logDet: [...batch]`; `shift` and `scale` broadcast against `x`: a vector
 *   holds one value per element of the last axis
 * - Constants are kept in float64: a shift of 1000.1 moves by 1000.1, not by the nearest float32
 * - Throws: `RangeError` for a scale of 0 or a number that is not finite
 *
 * **Example** (Degrees Celsius to Fahrenheit)
 *
 * ```ts
 * import { affine } from "@pushforward/bijectors"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * affine({ shift: 32, scale: 1.8 }).forward(tf.tensor1d([0, 100])).arraySync() // => [32, 212]
 * ```
 *
 * @category constructors
 */
export const affine = ({ shift = 0, scale = 1 }: AffineOptions = {}): Bijector => {
  requireShift(shift)
  requireScale(scale)
  const logScale = isTensor(scale) ? undefined : logAbs(scale)
  return makeBijector(
    elementwiseSignature(shift, scale),
    methods(0, shift, scale, () => logScale ?? logAbs(scale)),
  )
}

/** What {@link trainableAffine} holds fixed; everything else is trained. */
export interface TrainableAffineOptions {
  readonly shift?: HostNumbers | "trainable"
  readonly scale?: HostNumbers | "trainable"
}

/**
 * An affine bijector with a shift and a scale to train for every element of the event.
 *
 * **Details**
 *
 * - Forward: `y = scale · x + shift`; log-det: `Σ log scale`
 * - Trained: `shift`, and `rawScale` with `scale = exp(10 tanh(rawScale/10))`, always between e⁻¹⁰ and e¹⁰; the identity
 *   at first
 * - Shapes: `x: [...batch, ...event]` to `y: [...batch, ...event]`, `logDet: [...batch]`
 * - Throws: `RangeError` for a fixed scale of 0
 *
 * **Example** (The identity at first)
 *
 * ```ts
 * import { trainableAffine } from "@pushforward/bijectors"
 * import { instantiate, makeKey } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const recipe = trainableAffine([2])
 * instantiate(recipe, recipe.init(makeKey(0))).forward(tf.tensor1d([3, 4])).arraySync() // => [3, 4]
 * ```
 *
 * @category constructors
 */
export const trainableAffine = (
  eventShape: Shape,
  { shift = "trainable", scale = "trainable" }: TrainableAffineOptions = {},
): ParametricBijector => {
  if (shift !== "trainable") requireShift(shift)
  if (scale !== "trainable") requireScale(scale)
  const fixed = [shift, scale].filter((numbers) => numbers !== "trainable").map(shapeOf)
  across(broadcastShapes("affine", ...fixed))(eventShape)
  const of = signature({
    name: "affine",
    eventShapeIn: eventShape,
    jacobian: { kind: "diagonal" },
    ...((scale === "trainable" || valuesOf(scale).every((s) => s > 0)) && { increasing: true }),
  })
  return {
    ...of,
    init: (): Params => ({
      ...(shift === "trainable" && { shift: trainable(eventShape, 0) }),
      ...(scale === "trainable" && { rawScale: trainable(eventShape, 0) }),
    }),
    build: (params) => {
      const shiftNow: Numbers = shift === "trainable" ? (params["shift"] as tf.Tensor) : shift
      if (scale !== "trainable") {
        return makeBijector(
          of,
          methods(eventShape.length, shiftNow, scale, () => logAbs(scale)),
        )
      }
      const logScale = boundedLogScale(params["rawScale"] as tf.Tensor)
      return makeBijector(
        of,
        methods(eventShape.length, shiftNow, tf.exp(logScale), () => logScale),
      )
    },
  }
}

const numberOrVector = /* @__PURE__ */ (() =>
  Schema.Union([Schema.Finite, Schema.Array(Schema.Finite), Schema.Literal("trainable")]))()

/**
 * `{ "_tag": "affine", "shift": 32, "scale": 1.8 }`: see {@link affine} and {@link trainableAffine}.
 *
 * A number, or a vector along the last axis, is a constant; `"trainable"` is trained per element. With neither field,
 * both are trained; with one, the other is left out of the formula (shift 0, scale 1) unless it says `"trainable"`.
 */
export const affinePlugin = /* @__PURE__ */ makePlugin(bijectorKind, "affine", {
  description: "Scale and shift, constant or trained: y = scale·x + shift",
  fields: {
    shift: /* @__PURE__ */ Schema.optionalKey(numberOrVector),
    scale: /* @__PURE__ */ Schema.optionalKey(numberOrVector),
  },
  examples: [
    { spec: { _tag: "affine", shift: [3, -1], scale: [2, -0.5] }, eventShape: [2] },
    { spec: { _tag: "affine", shift: 32, scale: 1.8 }, eventShape: [] },
    { spec: { _tag: "affine" }, eventShape: [3] },
    { spec: { _tag: "affine", shift: "trainable", scale: -3 }, eventShape: [2] },
  ],
  compile: ({ shift, scale }, site) => {
    const [s, r] =
      shift === undefined && scale === undefined
        ? (["trainable", "trainable"] as const)
        : [shift ?? 0, scale ?? 1]
    return Result.succeed(
      s === "trainable" || r === "trainable"
        ? trainableAffine(site.eventShape, { shift: s, scale: r })
        : affine({ shift: s, scale: r }),
    )
  },
})
