import "@pushforward/backend-cpu"
import { batchNorm, reverse } from "@pushforward/bijectors"
import {
  chain,
  flattenParams,
  makeKey,
  mapParams,
  type Param,
  paramLeaves,
  type Params,
  sizeOf,
  type TensorFunction,
} from "@pushforward/core"
import { registerGradients } from "@pushforward/core/gradients"
import { standardNormal, transformed } from "@pushforward/distributions"
import { maskedAutoregressive } from "@pushforward/flows-maf-iaf"
import {
  broadcasts,
  dependsOn,
  evaluate,
  type Graph,
  makeNode,
  matMuls,
  type Node,
  nodesOf,
  simplify,
  trace,
} from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import { describe, expect, it } from "vitest"

registerGradients()

const input = (name: string, shape: ReadonlyArray<number>): Node<"Input"> =>
  makeNode("Input", [], { name, shape, dtype: "float32" })

const constant = (values: ReadonlyArray<number>, shape: ReadonlyArray<number>): Node =>
  makeNode("Constant", [], { values, shape, dtype: "float32" })

const scalar = (value: number): Node => constant([value], [])

/** The operations of a graph, in order. */
const operations = (graph: Graph): ReadonlyArray<string> =>
  nodesOf(graph).flatMap(({ op }) => (op === "Input" || op === "Constant" ? [] : [op]))

const simplified = (
  f: TensorFunction,
  ...shapes: ReadonlyArray<ReadonlyArray<number | null>>
): Graph =>
  simplify(
    trace(
      f,
      shapes.map((shape) => ({ shape, dtype: "float32" })),
    ),
  )

const graphOf = (output: Node, dynamic?: number): Graph => ({
  inputs: nodesOf({ inputs: [], outputs: [output] }).filter((node) => node.op === "Input"),
  outputs: [output],
  ...(dynamic && { dynamic }),
})

describe("what it finds in traced functions", () => {
  it("a masked layer's gradient: masks once, no transpose", () => {
    const mask = tf.tidy(() => tf.keep(tf.tensor2d([1, 0, 1, 1, 0, 1], [2, 3])))
    const graph = simplified(
      ([x, w, b]) => {
        const { value, grads } = tf.valueAndGrads((weight: tf.Tensor, bias: tf.Tensor) =>
          tf.sum(tf.tanh(tf.add(tf.matMul(x as tf.Tensor2D, tf.mul(weight, mask)), bias))),
        )([w!, b!])
        return [value, ...grads]
      },
      [4, 2],
      [2, 3],
      [3],
    )
    mask.dispose()
    expect(operations(graph)).toEqual([
      "Mul", // mask · w
      "MatMul",
      "Add",
      "Tanh",
      "ReduceSum",
      "Mul", // 1 − tanh²
      "Sub",
      "MatMul", // reading x transposed
      "Mul", // mask
      "ReduceSum",
    ])
  })

  it("a vector split and joined: nothing", () => {
    const graph = simplified(
      ([x]) => {
        const [a, b, c] = tf.split(x!, [4, 6, 2]) as [tf.Tensor, tf.Tensor, tf.Tensor]
        const matrix = tf.reshape(b, [2, 3])
        return [tf.concat([a, tf.reshape(matrix, [6]), c])]
      },
      [12],
    )
    expect(graph.outputs).toEqual(graph.inputs)
  })

  it("the gradient of two slices: one concat", () => {
    const graph = simplified(
      ([x]) => [
        tf.grad((y) =>
          tf.add(tf.sum(tf.exp(tf.slice(y, [0], [2]))), tf.sum(tf.sin(tf.slice(y, [2], [3])))),
        )(x!),
      ],
      [5],
    )
    expect(operations(graph)).toEqual(["Slice", "Exp", "Slice", "Cos", "Concat"])
  })

  it("reversing twice: nothing", () => {
    const graph = simplified(([x]) => [tf.reverse(tf.neg(tf.reverse(tf.neg(x!), 1)), 1)], [null, 3])
    expect(graph.outputs).toEqual(graph.inputs)
  })

  it("the mean of an unknown number of rows stays one", () => {
    const graph = simplified(([x]) => [tf.mean(tf.mul(tf.onesLike(x!), 3))], [null, 2])
    expect(evaluate(graph, [{ shape: [5, 2], values: new Float64Array(10) }])[0]!.values).toEqual(
      Float64Array.of(3),
    )
  })
})

describe("what it leaves alone", () => {
  const x = input("x", [3])

  it.each([
    ["0 · x, which is NaN for an infinite x", makeNode("Mul", [x, scalar(0)], {})],
    ["x − x", makeNode("Sub", [x, x], {})],
    ["x / x", makeNode("Div", [x, x], {})],
    ["log(exp(x))", makeNode("Log", [makeNode("Exp", [x], {})], {})],
    [
      "(x + 1) − 1, which shows the rounding",
      makeNode("Sub", [makeNode("Add", [x, scalar(1)], {}), scalar(1)], {}),
    ],
    [
      "x · 10³⁰ · 10⁻³⁰, which may overflow",
      makeNode("Mul", [makeNode("Mul", [x, scalar(1e30)], {}), scalar(1e-30)], {}),
    ],
    ["x ^ 0.5, which is ∞ for −∞", makeNode("Pow", [x, scalar(0.5)], {})],
  ])("%s", (_, node) => {
    expect(operations(simplify(graphOf(node)))).toEqual(operations(graphOf(node)))
  })

  it("a sum over repetitions of unknown number", () => {
    const dynamic = 1009
    const sum = makeNode("ReduceSum", [makeNode("Expand", [x], { shape: [dynamic, 3] })], {
      axes: [0],
      keepDims: false,
    })
    expect(operations(simplify({ inputs: [x], outputs: [sum], dynamic }))).toEqual([
      "Expand",
      "ReduceSum",
    ])
  })

  it("what something else needs, too", () => {
    const product = makeNode("MatMul", [input("a", [2, 3]), input("b", [3, 2])], {
      transposeA: false,
      transposeB: false,
    })
    const transposed = makeNode("Transpose", [product], { permutation: [1, 0] })
    const graph = { ...graphOf(product), outputs: [product, transposed] }
    expect(matMuls(graph)).toBe(graph)
  })

  it("what two operations need, when it changes itself", () => {
    const negative = makeNode("Neg", [makeNode("Expand", [x], { shape: [2, 3] })], {})
    const outputs = (["Tanh", "Exp"] as const).map((op) => makeNode(op, [negative], {}))
    // −expand(x) becomes expand(−x); then taking the expansion past both would make it twice.
    expect(operations(broadcasts({ inputs: [x], outputs }))).toEqual([
      "Neg",
      "Expand",
      "Tanh",
      "Exp",
    ])
  })

  it("inputs that nothing needs", () => {
    const unused = input("unused", [7])
    const graph = { inputs: [unused, x], outputs: [makeNode("Add", [x, scalar(0)], {})] }
    const simple = simplify(graph)
    expect(simple.inputs).toEqual([unused, x])
    expect(simple.outputs).toEqual([x])
  })

  it("the masks of a long vector", () => {
    const length = 2 ** 19
    const vector = input("x", [length])
    const half = (begin: number): Node =>
      makeNode("Slice", [vector], { begin: [begin], sizes: [length / 2], strides: [1] })
    const masked = [0, length / 2].map((begin, i) =>
      makeNode(
        "Mul",
        [
          half(begin),
          constant(
            Array.from({ length: length / 2 }, (_, k) => (k + i) % 2),
            [length / 2],
          ),
        ],
        {},
      ),
    )
    const graph = { inputs: [vector], outputs: masked }
    expect(operations(simplify(graph))).toEqual(operations(graph))
  })
})

describe("what it does to parts at once", () => {
  it("parts of a vector, each changed in the same way", () => {
    const x = input("x", [12])
    const parts = [0, 3, 6, 9].map((begin, i) => {
      const part = makeNode("Slice", [x], { begin: [begin], sizes: [3], strides: [1] })
      return makeNode("Mul", [makeNode("Tanh", [part], {}), scalar(i + 1)], {})
    })
    const joined = makeNode("Concat", parts, { axis: 0 })
    expect(operations(simplify(graphOf(joined)))).toEqual(["Tanh", "Mul"])
  })

  it("log-determinants of layers", () => {
    const layers = [0, 1, 2].map((i) => input(`layer${i}`, [5, 2]))
    const sums = layers.map((layer) =>
      makeNode("ReduceSum", [makeNode("Tanh", [layer], {})], { axes: [1], keepDims: false }),
    )
    const base = input("base", [5])
    const total = sums.reduce<Node>((sum, next) => makeNode("Sub", [sum, next], {}), base)
    expect(operations(simplify(graphOf(total)))).toEqual(["Concat", "Tanh", "ReduceSum", "Sub"])
  })
})

/** A training step over one flat vector: loss, gradient, next state; as `fit` does it. */
const trainingStep = (
  params: Params,
  loss: (tensors: never, x: tf.Tensor, report: never) => tf.Tensor,
): TensorFunction => {
  const leaves = (role: Param["role"]): ReadonlyArray<readonly [string, ReadonlyArray<number>]> =>
    paramLeaves(params).flatMap(([path, leaf]) =>
      leaf.role === role ? [[path.join("/"), leaf.shape] as const] : [],
    )
  const [trainable, state] = [leaves("trainable"), leaves("state")]
  const split = (flat: tf.Tensor, of: typeof trainable): Array<tf.Tensor> =>
    tf
      .split(
        flat,
        of.map(([, shape]) => sizeOf(shape)),
      )
      .map((part, i) => tf.reshape(part, [...of[i]![1]]))
  const join = (parts: ReadonlyArray<tf.Tensor>): tf.Tensor =>
    tf.concat(parts.map((part) => tf.reshape(part, [-1])))
  return ([weights, moving, x]) => {
    const next = split(moving!, state)
    const { value, grads } = tf.valueAndGrads((...tensors: Array<tf.Tensor>) => {
      const queues = { trainable: [...tensors], state: [...next] }
      const tree = mapParams(params, ({ role }) => queues[role].shift()!)
      const report = (path: ReadonlyArray<string>, reported: tf.Tensor): void => {
        next[state.findIndex(([name]) => name === path.join("/"))] = tf.keep(reported)
      }
      return loss(tree as never, x!, report as never)
    })(split(weights!, trainable))
    return [value, join(grads), join(next)]
  }
}

const flow = (layers: number, size: number, hidden: ReadonlyArray<number>) =>
  transformed(
    standardNormal([size]),
    chain(
      ...Array.from({ length: layers }, (_, i) => [
        ...(i === 0 ? [] : [reverse()]),
        maskedAutoregressive({ size, hidden }),
        batchNorm([size]),
      ]).flat(),
    ),
  )

const stepOf = (layers: number, size: number, hidden: ReadonlyArray<number>, rows: number) => {
  const recipe = flow(layers, size, hidden)
  const params = recipe.init(makeKey(1))
  const step = trainingStep(params, (tensors, x, report) =>
    tf.mean(tf.neg(recipe.build(tensors, { mode: "train", report }).logProb(x))),
  )
  const [weights, state] = [flattenParams(params, "trainable"), flattenParams(params, "state")]
  const graph = trace(
    step,
    [[weights.length], [state.length], [rows, size]].map((shape) => ({
      shape,
      dtype: "float32" as const,
    })),
  )
  return { graph, weights, state }
}

describe("a training step", () => {
  it("gives the same loss, gradient and state in float64, with about two thirds of the operations", () => {
    const { graph, weights, state } = stepOf(4, 3, [8, 8], 16)
    const simple = simplify(graph)
    const numbers = [
      { shape: [weights.length], values: weights.map((w, i) => w + 0.1 * Math.sin(i)) },
      { shape: [state.length], values: state.map((s) => s + 0.5) },
      { shape: [16, 3], values: Array.from({ length: 48 }, (_, i) => 3 * Math.sin(7 * i * i)) },
    ]
    const [before, after] = [evaluate(graph, numbers), evaluate(simple, numbers)]
    before.forEach(({ values }, i) => {
      const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const worst = values.reduce(
        (most, value, k) => Math.max(most, Math.abs(value - after[i]!.values[k]!)),
        0,
      )
      expect(worst / scale).toBeLessThan(1e-12)
    })
    expect(operations(simple).length).toBeLessThan(0.7 * operations(graph).length)
  })

  it("masks all weights in one operation, and the gradient in another", () => {
    const { graph } = stepOf(4, 3, [8, 8], 16)
    const [weights] = graph.inputs as [Node]
    const size = weights.shape[0]!
    const onVector = nodesOf(simplify(graph)).filter(
      ({ op, shape }) => op === "Mul" && shape[0] === size,
    )
    expect(onVector.length).toBe(2)
    expect(onVector.filter(({ inputs }) => inputs[0] === weights).length).toBe(1)
  })
})

describe("dependsOn", () => {
  it("finds what constants and given nodes suffice for", () => {
    const [x, w] = [input("x", [3]), input("w", [3])]
    const masked = makeNode("Mul", [w, constant([1, 0, 1], [3])], {})
    const table = makeNode("Exp", [constant([1, 2, 3], [3])], {})
    const sum = makeNode("Add", [makeNode("Mul", [masked, x], {}), table], {})
    const graph = { inputs: [x, w], outputs: [sum] }
    expect([...dependsOn(graph, [])].map(({ op }) => op).toSorted()).toEqual([
      "Constant",
      "Constant",
      "Exp",
    ])
    expect(dependsOn(graph, [w]).has(masked)).toBe(true)
    expect(dependsOn(graph, [w]).has(sum)).toBe(false)
    expect(dependsOn(graph, [w, x]).has(sum)).toBe(true)
  })
})
