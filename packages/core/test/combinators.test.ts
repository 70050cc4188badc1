import "@tensorflow/tfjs-backend-cpu"
import {
  type Bijector,
  block,
  chain,
  CompositionError,
  concat,
  constraints,
  inline,
  instantiate,
  invert,
  isParametric,
  type Layer,
  makeKey,
  masked,
  type ParametricBijector,
  signature,
  makeBijector,
  ShapeError,
  stack,
  sumEvent,
  toTensors,
  trainable,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"

const exp = inline({
  name: "exp",
  increasing: true,
  codomain: constraints.positive,
  forward: tf.exp,
  inverse: tf.log,
  forwardLogDet: (x) => tf.clone(x),
})
const double = inline({
  name: "double",
  increasing: true,
  forward: (x) => tf.mul(x, 2),
  inverse: (y) => tf.div(y, 2),
  forwardLogDet: (x) => tf.fill(x.shape, Math.LN2),
})
const sigmoid = inline({
  name: "sigmoid",
  codomain: constraints.unitInterval,
  forward: tf.sigmoid,
  inverse: (y) => tf.sub(tf.log(y), tf.log(tf.sub(1, y))),
  inverseLogDet: (y) => tf.neg(tf.add(tf.log(y), tf.log(tf.sub(1, y)))),
})
const turn = (size: number | null): Bijector =>
  inline({
    name: "turn",
    eventShapeIn: [size],
    forward: (x) => tf.reverse(x, -1),
    inverse: (y) => tf.reverse(y, -1),
    forwardLogDet: (x) => sumEvent(tf.zerosLike(x), 1),
  })
const shift: ParametricBijector = inline({
  name: "shift",
  parameters: () => ({ by: trainable([], 3) }),
  forward: (x, { by }) => tf.add(x, by),
  inverse: (y, { by }) => tf.sub(y, by),
  forwardLogDet: (x) => tf.zerosLike(x),
})
const byContext: ParametricBijector = inline({
  name: "by-context",
  eventShapeIn: [2],
  contextShape: [2],
  parameters: () => ({}),
  forward: (x, { context }) => tf.add(x, context!),
  inverse: (y, { context }) => tf.sub(y, context!),
  forwardLogDet: (x) => sumEvent(tf.zerosLike(x), 1),
})
/** Vectors of length 2n as n-by-2 matrices. */
const matrix: Bijector = makeBijector(
  signature({
    name: "matrix",
    eventShapeIn: [null],
    eventShapeOut: [null, 2],
    domain: constraints.real,
    forwardEventShape: ([n]) => [n! / 2, 2],
    inverseEventShape: ([n]) => [n! * 2],
  }),
  {
    forwardAndLogDet: (x) => [
      tf.reshape(x, [...x.shape.slice(0, -1), -1, 2]),
      sumEvent(tf.zerosLike(x), 1),
    ],
    inverseAndLogDet: (y) => [
      tf.reshape(y, [...y.shape.slice(0, -2), -1]),
      sumEvent(tf.zerosLike(y), 2),
    ],
  },
)

const numbers = (t: tf.Tensor): ReadonlyArray<number> =>
  Array.from(t.dataSync(), (v) => Number(v.toFixed(5)))
/** As {@link numbers} rounds them. */
const [e, ln2] = [Number(Math.E.toFixed(5)), Number(Math.LN2.toFixed(5))]

const vector = (...values: ReadonlyArray<number>): tf.Tensor => tf.tensor1d([...values])

describe("chain", () => {
  it("runs left to right, and its log-det is the sum", () => {
    const [y, logDet] = chain(double, exp).forwardAndLogDet(vector(0, 1))
    expect(numbers(y)).toEqual([1, 7.38906])
    expect(numbers(logDet)).toEqual([ln2, 2.69315])
    expect(numbers(chain(double, exp).inverse(y))).toEqual([0, 1])
  })

  it("is the identity without layers, and a layer alone is itself in all but object", () => {
    const [y, logDet] = chain().forwardAndLogDet(tf.ones([2, 3]))
    expect([y.shape, logDet.shape]).toEqual([
      [2, 3],
      [2, 3],
    ])
    expect(chain().name).toBe("identity")
    expect(chain(exp).name).toBe("exp")
  })

  it("flattens chains of chains, parameters included", () => {
    const nested = chain(shift, chain(double, chain(shift)))
    expect(nested.name).toBe("chain(shift, double, shift)")
    expect(Object.keys(nested.init(makeKey(0)))).toEqual(["0", "2"])
  })

  it("is finished when its layers are, and a recipe when one is", () => {
    expect(isParametric(chain(exp, invert(exp)) as Layer)).toBe(false)
    expect(isParametric(chain(exp, chain(), invert(exp)) as Layer)).toBe(false)
    expect(isParametric(chain(shift, exp) as Layer)).toBe(true)
  })

  it("sums elementwise log-dets over its neighbours' events", () => {
    const whole = chain(exp, turn(3), double)
    expect(whole.eventShapeIn).toEqual([3])
    const [, logDet] = whole.forwardAndLogDet(tf.ones([4, 3]))
    expect(numbers(logDet)).toEqual(Array(4).fill(5.07944))
    const [, back] = whole.inverseAndLogDet(tf.ones([4, 3]))
    expect(back.shape).toEqual([4])
  })

  it("changes the event rank on the way", () => {
    const whole = chain(exp, matrix, block(turn(2), 1), double)
    expect([whole.eventRankIn, whole.eventRankOut]).toEqual([1, 2])
    expect(whole.forwardEventShape([6])).toEqual([3, 2])
    expect(whole.inverseEventShape([3, 2])).toEqual([6])
    const [y, logDet] = whole.forwardAndLogDet(tf.zeros([5, 6]))
    expect([y.shape, logDet.shape]).toEqual([[5, 3, 2], [5]])
    const [x, back] = whole.inverseAndLogDet(y)
    expect([x.shape, back.shape]).toEqual([[5, 6], [5]])
    expect(numbers(tf.add(logDet, back))).toEqual(Array(5).fill(0))
  })

  it("keeps what all its layers declare", () => {
    expect(chain(exp, double).increasing).toBe(true)
    expect(chain(exp, turn(2)).increasing).toBeUndefined()
    expect(chain(double, exp).jacobian).toEqual({ kind: "diagonal" })
    expect([chain(double, exp).domain.name, chain(double, exp).codomain.name]).toEqual([
      "real",
      "positive",
    ])
  })

  it.each([
    [
      "domains",
      () => chain(double, invert(exp)),
      "chain(…, double, invert(exp), …): double gives real values, but invert(exp) takes positive ones. " +
        "Put a bijector from real to positive between them, or swap them.",
    ],
    [
      "a higher rank after a lower one",
      () => chain(turn(2), block(turn(2), 1)),
      "chain(…, turn, block(turn, 1), …): turn gives events of rank 1, but block(turn, 1) takes rank 2. " +
        "Wrap it: block(turn, 1).",
    ],
    [
      "a lower rank after a higher one",
      () => chain(matrix, turn(2)),
      "chain(…, matrix, turn, …): matrix gives events of rank 2, but turn takes rank 1. Wrap it: block(turn, 1).",
    ],
    [
      "ranks with elementwise layers between",
      () => chain(matrix, exp, turn(2)),
      "chain(…, exp, turn, …): the layer before them gives events of rank 2, but turn takes rank 1. " +
        "Wrap it: block(turn, 1).",
    ],
    [
      "sizes",
      () => chain(turn(2), turn(3)),
      "chain(…, turn, turn, …): turn takes events of shape [3], but what comes before it gives [2]. " +
        "Make the sizes agree.",
    ],
    [
      "sizes with elementwise layers between",
      () => chain(turn(2), exp, turn(3)),
      "chain(…, exp, turn, …): turn takes events of shape [3], but what comes before it gives [2]. " +
        "Make the sizes agree.",
    ],
    [
      "contexts",
      () => chain(byContext, { ...byContext, name: "other", contextShape: [3] }),
      "chain(by-context, other): expected one context shape, got [2] and, in other, [3]. Give every layer the same context.",
    ],
  ])("refuses %s that do not fit, naming the pair and the mend", (_, make, message) => {
    expect(make).toThrow(CompositionError)
    expect(make).toThrow(message)
  })
})

describe("invert", () => {
  it("swaps directions, sets, ranks and shapes", () => {
    const inverted = invert(matrix)
    expect([inverted.eventRankIn, inverted.eventRankOut]).toEqual([2, 1])
    expect(inverted.forwardEventShape([3, 2])).toEqual([6])
    expect([invert(exp).domain.name, invert(exp).codomain.name]).toEqual(["positive", "real"])
    const [x, logDet] = invert(exp).forwardAndLogDet(vector(1, Math.E))
    expect([numbers(x), numbers(logDet)]).toEqual([[0, 1], [0, -1].map((v) => v + 0)])
  })

  it("twice is the layer itself, finished or recipe", () => {
    expect(invert(invert(exp))).toBe(exp)
    expect(invert(invert(shift))).toBe(shift)
    const built = instantiate(invert(shift), shift.init(makeKey(0)))
    expect(numbers(built.forward(vector(5)))).toEqual([2])
  })
})

describe("block", () => {
  it("sums log-dets over the axes it takes", () => {
    const [y, logDet] = block(exp, 2).forwardAndLogDet(tf.ones([4, 2, 3]))
    expect([y.shape, logDet.shape]).toEqual([[4, 2, 3], [4]])
    expect(numbers(logDet)).toEqual([6, 6, 6, 6])
    expect(block(turn(3), 1).eventShapeIn).toEqual([null, 3])
  })

  it("refuses ranks that are none, and events too small for it", () => {
    expect(() => block(exp, 1.5)).toThrow(
      "block: expected a rank of 0, 1, 2, …, got 1.5. Count the axes to move into the event.",
    )
    expect(() => block(turn(3), 1).inverseEventShape([3])).toThrow(ShapeError)
    expect(() => block(turn(3), 1).inverseEventShape([3])).toThrow(
      "block(turn, 1): expected an event of rank 2 or more, got [3]. Lower the rank of the block, or give the event more axes.",
    )
    expect(() => block(turn(3), 1).forward(tf.zeros([2, 4]))).toThrow(
      "expected events of shape [?, 3]",
    )
  })
})

describe("stack and concat", () => {
  it("stack maps slice by slice", () => {
    const both = stack(exp, double)
    const [y, logDet] = both.forwardAndLogDet(
      tf.tensor2d([
        [1, 1],
        [0, 3],
      ]),
    )
    expect(numbers(y)).toEqual([e, 2, 1, 6])
    expect(numbers(logDet)).toEqual([1.69315, ln2])
    expect(
      both.codomain
        .contains(
          tf.tensor2d([
            [1, -1],
            [-1, 1],
          ]),
        )
        .arraySync(),
    ).toEqual([1, 0])
    const vectors = stack(turn(2), block(double, 1))
    expect(
      numbers(
        vectors.forward(
          tf.tensor2d([
            [1, 2],
            [3, 4],
          ]),
        ),
      ),
    ).toEqual([2, 1, 6, 8])
  })

  it("stack refuses what does not belong on one axis", () => {
    expect(() => stack()).toThrow(
      "stack: expected at least one bijector, got none. Use chain() for the identity.",
    )
    expect(() => stack(turn(2), turn(3))).toThrow(
      "stack: turn takes events of shape [2], but turn takes [3]. Use concat for parts of different size.",
    )
    // Sets of whole slices cannot differ: there is no constraint for that.
    expect(() => stack(block(exp, 1), block(double, 1))).toThrow(
      "stack: block(exp, 1) lives on positive, but block(double, 1) on real. " +
        "Slices of rank 1 and above must share their domain and codomain.",
    )
    expect(() => stack(exp, double).inverseEventShape([3])).toThrow(
      "stack(exp, double): expected 2 slices, one per bijector, got an event of shape [3]. " +
        "Change the event, or the number of bijectors.",
    )
  })

  it("concat maps part by part", () => {
    const parts = concat([exp, 1], [turn(2), 2])
    const [y, logDet] = parts.forwardAndLogDet(tf.tensor2d([[1, 2, 3]]))
    expect(numbers(y)).toEqual([e, 3, 2])
    expect(numbers(logDet)).toEqual([1])
    expect(parts.codomain.contains(tf.tensor2d([[-1, 0, 0]])).arraySync()).toEqual([0])
  })

  it("concat refuses what is no part of a vector", () => {
    expect(() => concat()).toThrow(
      "concat: expected at least one part, got none. Use chain() for the identity.",
    )
    expect(() => concat([block(turn(2), 1), 2])).toThrow(
      "concat: block(turn, 1) has events of rank 2, expected 0 or 1. Reshape matrices to vectors before concat.",
    )
    expect(() => concat([turn(2), 3])).toThrow(ShapeError)
    expect(() => concat([exp, 1], [exp, 2]).inverseEventShape([7])).toThrow(
      "concat(exp: 1, exp: 2): expected a vector of 3 elements, got an event of shape [7]. " +
        "Change the event, or the sizes of the parts.",
    )
  })
})

describe("masked", () => {
  it("changes and counts only where the mask is true", () => {
    const bijector = masked(exp, [false, true])
    const [y, logDet] = bijector.forwardAndLogDet(tf.tensor2d([[-5, 1]]))
    expect([numbers(y), numbers(logDet)]).toEqual([[-5, e], [1]])
    expect(numbers(bijector.inverse(y))).toEqual([-5, 1])
  })

  it("keeps gradients finite where copied elements lie outside the domain", () => {
    const root = invert(exp)
    const slope = tf.grad((x: tf.Tensor) => tf.sum(masked(root, [true, false]).forward(x)))
    expect(numbers(slope(tf.tensor2d([[2, -3]])))).toEqual([0.5, 1])
  })

  it("refuses a bijector that is not elementwise", () => {
    expect(() => masked(turn(2), [true, false])).toThrow(
      "masked: turn has events of rank 1, expected an elementwise bijector. Use concat for a bijector on part of a vector.",
    )
  })
})

describe("inline", () => {
  it("derives the log-det it was not given", () => {
    const x = vector(0.5)
    const [y, forward] = sigmoid.forwardAndLogDet(x)
    const [, inverse] = sigmoid.inverseAndLogDet(y)
    expect(numbers(forward)).toEqual(numbers(tf.neg(inverse)))
    const [, back] = exp.inverseAndLogDet(vector(Math.E))
    expect(numbers(back)).toEqual([-1])
  })

  it("is a recipe when it has parameters", () => {
    const built = instantiate(shift, shift.init(makeKey(0)))
    expect(numbers(built.forward(vector(1)))).toEqual([4])
  })

  it("refuses tensors without its event, naming both shapes", () => {
    expect(() => turn(2).forward(tf.zeros([3]))).toThrow(
      "turn: expected events of shape [2], got a tensor of shape [3]. Pass [...batch, ...event] with the event axes last.",
    )
    expect(() => turn(2).inverseAndLogDet(tf.scalar(1))).toThrow(ShapeError)
  })

  it("refuses to be built without the context it needs", () => {
    expect(() => byContext.build({})).toThrow(
      "by-context: expected a context of shape [...batch, 2], got none. Pass it as build(params, { context }).",
    )
    expect(() => byContext.build({}, { context: tf.zeros([2, 3]) })).toThrow("got [2, 3]")
  })
})

describe("context", () => {
  it("reaches every nested layer", () => {
    const nested: Layer = chain(block(invert(chain(shift, byContext)), 0), double)
    expect(nested.contextShape).toEqual([2])
    const params = toTensors(nested.init(makeKey(0)))
    const built = nested.build(params, { context: vector(10, 20) })
    expect(numbers(built.forward(vector(13, 23)))).toEqual([0, 0])
    const rows = nested.build(params, {
      context: tf.tensor2d([
        [10, 20],
        [0, 0],
      ]),
    })
    expect(
      numbers(
        rows.forward(
          tf.tensor2d([
            [13, 23],
            [3, 3],
          ]),
        ),
      ),
    ).toEqual([0, 0, 0, 0])
  })
})

describe("a leaky ReLU with a learnable slope", () => {
  it("is written in under 20 lines, and trains", () => {
    // region: counted
    const slopeAt = (x: tf.Tensor, raw: tf.Tensor): tf.Tensor =>
      tf.where(tf.greaterEqual(x, 0), tf.onesLike(x), tf.mul(tf.onesLike(x), tf.softplus(raw)))
    const leakyRelu = inline({
      name: "leaky-relu",
      increasing: true,
      parameters: () => ({ raw: trainable([], Math.log(Math.expm1(0.5))) }),
      forward: (x, { raw }) => tf.mul(x, slopeAt(x, raw)),
      inverse: (y, { raw }) => tf.div(y, slopeAt(y, raw)),
      forwardLogDet: (x, { raw }) => tf.log(slopeAt(x, raw)),
    })
    // endregion
    const params = leakyRelu.init(makeKey(0))
    const built = instantiate(leakyRelu, params)
    expect(numbers(built.forward(vector(-2, 3)))).toEqual([-1, 3])
    expect(numbers(built.inverse(vector(-1, 3)))).toEqual([-2, 3])
    expect(numbers(built.forwardAndLogDet(vector(-2, 3))[1])).toEqual([-ln2, 0])
    const slope = tf.grad((raw: tf.Tensor) =>
      tf.sum(leakyRelu.build({ raw }).forward(vector(-2, 3))),
    )
    expect(numbers(slope(tf.scalar(0)))).toEqual([-1])
  })
})
