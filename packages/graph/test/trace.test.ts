import "@pushforward/backend-cpu"
import { sizeOf, type TensorFunction, type TensorSpec } from "@pushforward/core"
import { registerGradients } from "@pushforward/core/gradients"
import {
  evaluate,
  type Graph,
  GraphError,
  inFloat64,
  nodesOf,
  print,
  trace,
} from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { eagerly, expectAgreement, expectClose, gradientsOf, spread } from "./agree.ts"

const f32 = (...shape: ReadonlyArray<number | null>): TensorSpec => ({ shape, dtype: "float32" })
const valuesOf = (
  graph: Graph,
  ...inputs: ReadonlyArray<ReadonlyArray<number>>
): ReadonlyArray<number> =>
  Array.from(
    evaluate(
      graph,
      inputs.map((values) => ({ shape: [values.length], values })),
    )[0]!.values,
  )

const failure = (f: TensorFunction, inputs: ReadonlyArray<TensorSpec>): GraphError => {
  try {
    trace(f, inputs)
  } catch (error) {
    expect(error).toBeInstanceOf(GraphError)
    return error as GraphError
  }
  throw new Error("expected trace to throw")
}

let before = 0
beforeEach(async () => {
  await tf.setBackend("cpu")
  before = tf.memory().numTensors
})
afterEach(() => {
  expect(tf.getBackend()).toBe("cpu")
  expect(tf.memory().numTensors).toBe(before)
  expect(tf.engine().backendNames()).toEqual(["cpu"])
})

describe("trace", () => {
  it("keeps inputs in order, also those that nothing uses, with their names", () => {
    const graph = trace(([, b]) => [tf.neg(b!)], [f32(2), f32(null, 3)], { names: ["unused"] })
    expect(graph.inputs.map(({ attributes }) => attributes.name)).toEqual(["unused", "x1"])
    expect(graph.inputs.map(({ shape }) => shape)).toEqual([[2], [graph.dynamic, 3]])
  })

  it("returns inputs, constants and the same tensor twice", () => {
    const graph = trace(
      ([x]) => {
        const y = tf.exp(x!)
        return [x!, y, y, tf.scalar(3)]
      },
      [f32(2)],
    )
    const out = evaluate(graph, [{ shape: [2], values: [0, 1] }])
    expect(out.map(({ values }) => Array.from(values))).toEqual([
      [0, 1],
      [1, Math.E],
      [1, Math.E],
      [3],
    ])
    expect(out[1]!.values).not.toBe(out[2]!.values)
  })

  it("leaves tensors that the function closes over where they are", () => {
    const outside = tf.tensor1d([1, 2, 3])
    const graph = trace(([x]) => [tf.mul(x!, outside), tf.clone(outside), outside], [f32(3)])
    expect(Array.from(outside.dataSync())).toEqual([1, 2, 3])
    outside.dispose()
    const out = evaluate(graph, [{ shape: [3], values: [1, 1, 2] }])
    expect(out.map(({ values }) => Array.from(values))).toEqual([
      [1, 2, 6],
      [1, 2, 3],
      [1, 2, 3],
    ])
    expect(nodesOf(graph).filter(({ op }) => op === "Constant").length).toBe(1)
  })

  it("copies the numbers that it keeps", () => {
    const numbers = new Float32Array([1, 2])
    const graph = trace(([x]) => [tf.add(x!, tf.tensor1d(numbers))], [f32(2)])
    numbers.fill(9)
    expect(valuesOf(graph, [0, 0])).toEqual([1, 2])
  })

  it("stores what is the same everywhere once", () => {
    const graph = trace(
      ([x]) => [tf.add(x!, tf.add(tf.zeros(x!.shape), tf.fill(x!.shape, NaN)))],
      [f32(null, 5)],
    )
    for (const node of nodesOf(graph)) {
      if (node.op === "Constant") expect(node.attributes.values.length).toBe(1)
    }
  })

  it("frees what a function keeps", () => {
    trace(([x]) => [tf.keep(tf.exp(x!))], [f32(2)])
  })

  it("restores the engine when the function throws, also inside a gradient", () => {
    const boom = (): never => {
      throw new RangeError("boom")
    }
    expect(() => trace(boom, [f32(2)])).toThrow(RangeError)
    expect(() =>
      trace(
        ([x]) => [
          tf.grad((t) => {
            tf.keep(tf.tanh(tf.exp(t)))
            return boom()
          })(x!),
        ],
        [f32(2)],
      ),
    ).toThrow("boom")
    registerGradients()
    tf.tidy(() => {
      expect(tf.grad(tf.exp)(tf.scalar(0)).dataSync()[0]).toBe(1)
    })
  })

  it("does not run inside itself", () => {
    expect(
      failure(([x]) => [tf.scalar(trace(([y]) => [y!], [f32(1)]).outputs.length), x!], [f32(2)])
        .message,
    ).toMatch("Trace one after the other")
  })

  it("differentiates custom gradients, and twice", () => {
    const cube = tf.customGrad((x) => ({
      value: tf.pow(x as tf.Tensor, 3),
      gradFunc: (dy) => tf.mul(dy, tf.mul(3, tf.square(x as tf.Tensor))),
    }))
    const twice = (op: (x: tf.Tensor) => tf.Tensor) =>
      trace(
        ([x]) => [tf.grad((t) => tf.sum(tf.square(tf.grad((s) => tf.sum(op(s)))(t))))(x!)],
        [f32(2)],
      )
    // (3x²)² has the slope 36 x³.
    expectClose(valuesOf(twice(cube), [2, -1]), [288, -36], 1e-12)
    for (const op of [tf.exp, tf.tanh, tf.sigmoid, tf.softplus, tf.elu, tf.sin, tf.log1p]) {
      expectAgreement(
        ([x]) => [tf.grad((t) => tf.sum(tf.square(tf.grad((s) => tf.sum(op(s)))(t))))(x!)],
        [spread([4], 0.1, 0.9)],
        { dynamic: true, tolerance: 1e-4 },
      )
    }
  })
})

describe("values that are not known", () => {
  const site = /trace\.test\.ts:\d+:\d+/

  it("says which tensor was read, where, and what to do", () => {
    for (const read of [
      (y: tf.Tensor) => y.dataSync(),
      (y: tf.Tensor) => y.arraySync(),
      (y: tf.Tensor) => y.bufferSync(),
      (y: tf.Tensor) => void y.data(),
      (y: tf.Tensor) => y.print(),
    ]) {
      const { message } = failure(
        ([x]) => {
          const y = tf.tanh(x!)
          read(y)
          return [y]
        },
        [f32(null, 3)],
      )
      expect(message).toMatch("tensor of shape [n, 3], made by Tanh")
      expect(message).toMatch(site)
      expect(message).toMatch("or pass the number as an input")
    }
  })

  it("lets the function read what it wrote itself", () => {
    const graph = trace(([x]) => [tf.mul(x!, tf.tensor1d([1, 2]).dataSync()[1]!)], [f32(1)])
    expect(valuesOf(graph, [4])).toEqual([8])
    expect(() =>
      trace(([x]) => [tf.mul(x!, tf.ones([3]).dataSync().length)], [f32(1)]),
    ).not.toThrow()
  })

  it("names a kernel that is not covered, and where it was called", () => {
    const f: TensorFunction = ([x]) => [tf.topk(x!, 1).values]
    const { message } = failure(f, [f32(4)])
    expect(message).toMatch('"TopK"')
    expect(message).toMatch(site)
    expect(message).toMatch("Write the function with other operations")
    const inGradient = failure(
      ([x]) => [tf.grad((t) => tf.sum(tf.topk(t, 1).values))(x!)],
      [f32(4)],
    )
    expect(inGradient.message).toMatch('"TopK"')
  })

  it("names an activation that is not covered, and what to call in its place", () => {
    const fused =
      (name: string): TensorFunction =>
      ([x, filter]) => [
        tf
          .engine()
          .runKernel<tf.Tensor>(
            name,
            { x: x!, filter: filter! },
            { strides: 1, pad: "same", activation: "softmax" },
          ),
      ]
    for (const [name, plain] of [
      ["FusedConv2D", "conv2d"],
      ["FusedDepthwiseConv2D", "depthwiseConv2d"],
    ] as const) {
      const { message } = failure(fused(name), [f32(1, 3, 3, 1), f32(2, 2, 1, 1)])
      expect(message).toMatch(site)
      expect(message).toMatch(`"softmax" of a fused ${plain} is not covered`)
      expect(message).toMatch(`plain tf.${plain}.`)
    }
  })

  it("wants tensors back, at once", () => {
    expect(
      failure((async ([x]: ReadonlyArray<tf.Tensor>) => [x!]) as never, [f32(4)]).message,
    ).toMatch("got a promise")
    expect(failure((([x]: ReadonlyArray<tf.Tensor>) => x) as never, [f32(4)]).message).toMatch(
      "array of tensors",
    )
  })

  it("refuses types that graphs do not have", () => {
    expect(failure(() => [tf.tensor(["a"])], []).message).toMatch("string")
  })

  it("names the kernel whose inputs do not fit", () => {
    const { message } = failure(
      ([x]) => [tf.engine().runKernel<tf.Tensor>("Add", { a: x!, b: tf.ones([3]) })],
      [f32(4)],
    )
    expect(message).toMatch(
      /Add, at .*trace\.test\.ts.*fails: shapes \[4\] and \[3\] do not broadcast/,
    )
  })
})

describe("a batch of unknown size", () => {
  it("one trace serves every size", () => {
    const f: TensorFunction = ([x, w]) => {
      const h = tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D))
      const both = tf.concat([h, tf.neg(h)], 0)
      const mean = tf.mean(h, 0)
      const variance = tf.mean(tf.square(tf.sub(h, mean)), 0)
      return [h, tf.reshape(both, [-1]), mean, variance, ...tf.split(both, 2, 0), tf.logSumExp(h)]
    }
    const graph = trace(f, [f32(null, 3), f32(3, 2)])
    for (const n of [1, 3, 7]) {
      const inputs = [spread([n, 3]), spread([3, 2], -1, 1, 5)]
      const got = evaluate(graph, inputs)
      eagerly(f, inputs).forEach(({ shape, values }, i) => {
        expect(got[i]!.shape).toEqual(shape)
        expectClose(got[i]!.values, values, 1e-5)
      })
    }
  })

  it("gradients of means count the rows when they run", () => {
    const inputs = [spread([5, 3])]
    expectAgreement(
      gradientsOf(([x]) => [tf.mean(tf.square(x!)), tf.mean(x!, 0)], inputs),
      inputs,
      { dynamic: true },
    )
    expectAgreement(
      ([x]) => [tf.mul(x!, x!.shape[0]), tf.div(x!, 2 * x!.shape[0]), tf.mul(1 / x!.shape[0], x!)],
      inputs,
      { dynamic: true },
    )
    expectAgreement(([x]) => [tf.scalar(x!.shape[0], "int32")], inputs, { dynamic: true })
  })

  it("is not taken for a size that the function has anyway", () => {
    // 1009 would be the number that stands for it, 1013 and 1019 the next ones.
    for (const size of [1009, 2018, 1013, 1009 * 1013, 1009 * 1013 * 1019]) {
      const graph = trace(([x]) => [tf.sum(tf.mul(x!, 2), -1)], [f32(null, size)])
      expect(size % graph.dynamic!).not.toBe(0)
    }
    for (const size of [1009, 2018, 1013]) {
      const table = Array.from({ length: size }, (_, i) => i)
      const graph = trace(
        ([x]) => [tf.mul(tf.sum(tf.tensor1d(table)), x!), tf.sum(tf.ones([size, 2]))],
        [f32(null)],
      )
      expect(size % graph.dynamic!).not.toBe(0)
      const [y, count] = evaluate(graph, [{ shape: [2], values: [1, 2] }])
      expect(y!.values[0]).toBe((size * (size - 1)) / 2)
      expect(count!.values[0]).toBe(2 * size)
    }
  })

  it("refuses what depends on it in other ways, and says where", () => {
    const cases: ReadonlyArray<readonly [TensorFunction, RegExp]> = [
      [
        ([x]) => [tf.matMul(tf.eye(x!.shape[0]), x as tf.Tensor2D)],
        /Constant, at .*test\.ts.* of shape \[n, n\] holds different numbers along the batch/,
      ],
      [
        ([x]) => [tf.concat([x!, tf.zeros([1, 3])], 0)],
        /Concat, at .*test\.ts.* no multiple of it \(1010 for n = 1009/,
      ],
      [([x]) => [tf.reverse(x!, 0)], /Slice, at .*test\.ts.*no multiple/],
      [([x]) => tf.unstack(x!), /returns 1009 tensors for a batch of 1009 and 1013/],
      [
        ([x]) => [tf.mul(x!, Math.log(x!.shape[0]))],
        /Constant, at .*test\.ts.* holds numbers that depend on the batch size/,
      ],
      [
        ([x]) => [x!.shape[0] % 4 === 1 && x!.shape[0] % 8 === 1 ? tf.exp(x!) : tf.sin(x!)],
        /is not done alike/,
      ],
      [
        ([x]) => [tf.mul(x!, tf.reshape(tf.range(0, x!.shape[0]), [-1, 1]))],
        /holds different numbers/,
      ],
    ]
    for (const [f, message] of cases) expect(failure(f, [f32(null, 3)]).message).toMatch(message)
  })
})

describe("numbers as they were written", () => {
  it("are float32 roundings unless asked", () => {
    const f: TensorFunction = ([x]) => [tf.add(tf.mul(x!, 0.1), tf.tensor1d([1 / 3, Math.PI]))]
    expect(valuesOf(trace(f, [f32(2)]), [0, 0])).toEqual([Math.fround(1 / 3), Math.fround(Math.PI)])
    expect(valuesOf(trace(f, [f32(2)], { exact: true }), [1, 1])).toEqual([
      1 / 3 + 0.1,
      Math.PI + 0.1,
    ])
  })

  it("leave float32 arrays and the constructor alone", () => {
    const original = Float32Array
    const rounded = new Float32Array([0.1])
    const made = inFloat64(
      ([x]) => {
        expect(new Float32Array(2)).toBeInstanceOf(original)
        expect(rounded).toBeInstanceOf(Float32Array)
        return [tf.add(x!, tf.tensor1d(rounded)), tf.add(x!, tf.tensor1d(Float32Array.from([0.1])))]
      },
      [{ shape: [1], values: [0] }],
    )
    expect(made.map(({ values }) => values[0])).toEqual([Math.fround(0.1), Math.fround(0.1)])
    expect(Float32Array).toBe(original)
    expect(() => inFloat64(() => [tf.tensor1d([Number.NaN]).dataSync() as never], [])).toThrow(
      GraphError,
    )
    expect(Float32Array).toBe(original)
  })

  it("an array that was changed since counts as it is", () => {
    const [y] = inFloat64(() => {
      const numbers = new Float32Array([0.1, 0.2])
      numbers[1] = 5
      return [tf.tensor1d(numbers)]
    }, [])
    expect(Array.from(y!.values)).toEqual([Math.fround(0.1), 5])
  })
})

it("prints what it traced", () => {
  const graph = trace(([x]) => [tf.reshape(tf.concat([x!, x!], 0), [-1])], [f32(null, 2)])
  expect(print(graph)).toMatch(/Concat\(%0, %0\) axis=0 : float32 \[2n, 2\]/)
  expect(sizeOf(graph.outputs[0]!.shape)).toBe(4 * graph.dynamic!)
})
