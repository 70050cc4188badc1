import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { scan, type TensorFunction } from "@pushforward/core"
import {
  evaluate,
  type Graph,
  GraphError,
  inFloat64,
  makeNode,
  type Node,
  nodesOf,
  print,
  simplify,
  toOnnx,
  toOnnxLoop,
  trace,
  type TypedNumbers,
} from "@pushforward/graph"
import * as tf from "@tensorflow/tfjs-core"
import * as web from "onnxruntime-web"
import { describe, expect, it } from "vitest"
import { eagerly, expectAgreement, expectClose, spread } from "./agree.ts"
import { numbersOf, open, tensor } from "./onnx/runModel.ts"

type T = tf.Tensor

interface Case {
  readonly f: TensorFunction
  /** Inputs for a batch size, and which of their axes has it. */
  readonly inputs: (n: number) => ReadonlyArray<TypedNumbers>
  readonly batchAxes: ReadonlyArray<number | undefined>
}

const sums = (x: T): T =>
  scan(
    ([sum], [row]) => {
      const next = tf.add(sum!, row!)
      return { carry: [next], output: next }
    },
    [tf.zeros(x.shape.slice(1))],
    [x],
  )

/** A recurrent net: `s ← tanh(s W + x U + b)`, whose steps give `s V`. `x: [steps, n, 3]`. */
const recurrent = (x: T, w: T, u: T): T => {
  const b = tf.tensor1d([0.1, -0.2, 0.3, 0.4])
  // Depends on nothing inside.
  const v = tf.exp(tf.slice(u, [0, 0], [2, 4]))
  return scan(
    ([state], [row]) => {
      const next = tf.tanh(tf.add(tf.add(tf.matMul(state!, w), tf.matMul(row!, u)), b))
      return { carry: [next], output: tf.matMul(next, v, false, true) }
    },
    [tf.zeros([x.shape[1]!, 4])],
    [x],
  )
}

/** Units are computed one after the other from those before, for all rows of `x: [n, 3]` at once. */
const byUnits = (x: T, w: T): T =>
  scan(
    ([units], [weights, mask, column]) => {
      const unit = tf.tanh(tf.add(tf.matMul(tf.reshape(weights!, [1, 3]), units!), column!))
      const next = tf.where(
        tf.cast(tf.tile(tf.reshape(mask!, [3, 1]), [1, x.shape[0]]), "bool"),
        unit,
        units!,
      )
      // The mean over the batch makes the step count the rows.
      return { carry: [next], output: tf.sub(tf.reshape(unit, [-1]), tf.mean(unit)) }
    },
    [tf.zeros([3, x.shape[0]])],
    [w, tf.eye(3), tf.transpose(x)],
  )

const cases: Readonly<Record<string, Case>> = {
  "running sums": {
    f: ([x]) => [sums(x!)],
    inputs: (n) => [spread([5, n])],
    batchAxes: [1],
  },
  "running sums over the batch": {
    f: ([x]) => [tf.mul(sums(tf.mul(x!, 2)), 3)],
    inputs: (n) => [spread([n, 2])],
    batchAxes: [0],
  },
  "a recurrent net": {
    f: ([x, w, u]) => [recurrent(x!, w!, u!)],
    inputs: (n) => [spread([6, n, 3]), spread([4, 4], -1, 1, 1), spread([3, 4], -1, 1, 2)],
    batchAxes: [1, undefined, undefined],
  },
  "unit by unit": {
    f: ([x, w]) => [byUnits(x!, w!)],
    inputs: (n) => [spread([n, 3]), spread([3, 3], -1, 1, 1)],
    batchAxes: [0, undefined],
  },
  "two scans, one from the other's results": {
    f: ([x, w]) => {
      const once = scan(
        ([a], [row]) => ({ carry: [tf.add(a!, row!)], output: tf.mul(a!, w!) }),
        [tf.zeros([x!.shape[1]!])],
        [x!],
      )
      const twice = scan(
        ([a], [row, other]) => ({ carry: [tf.add(a!, row!)], output: tf.sub(a!, other!) }),
        [tf.zeros([x!.shape[1]!])],
        [x!, tf.mul(once, 0.5)],
      )
      return [once, tf.sum(twice, 0)]
    },
    inputs: (n) => [spread([4, n]), spread([1], -1, 1, 1)],
    batchAxes: [1, undefined],
  },
  "a scan in a scan": {
    f: ([x, w]) => [
      scan(
        ([total], [row]) => {
          const scaled = tf.mul(row!, w!)
          const inner = scan(
            ([a], [k]) => {
              const next = tf.sin(tf.add(tf.mul(a!, k!), tf.mul(scaled, total!)))
              return { carry: [next], output: tf.add(next, w!) }
            },
            [row!],
            [w!],
          )
          return { carry: [tf.sum(inner, 0)], output: tf.exp(tf.mul(0.1, tf.max(inner, 0))) }
        },
        [tf.ones([x!.shape[1]!, 3])],
        [x!],
      ),
    ],
    inputs: (n) => [spread([2, n, 3]), spread([3], -1, 1, 1)],
    batchAxes: [1, undefined],
  },
  "nothing carried; whole numbers and booleans": {
    f: ([x, k]) => [
      scan((_, [row, i]) => ({ carry: [], output: tf.gather(row!, i!) }), [], [x!, k!]),
      scan(
        ([seen, count], [row]) => ({
          carry: [tf.logicalOr(seen!, tf.greater(row!, 0)), tf.add(count!, tf.scalar(2, "int32"))],
          output: tf.add(tf.cast(seen!, "int32"), count!),
        }),
        [tf.zeros([x!.shape[1]!], "bool"), tf.scalar(1, "int32")],
        [x!],
      ),
    ],
    inputs: (n) => [spread([3, n]), { shape: [3], values: [0, 0, 0], dtype: "int32" }],
    batchAxes: [1, undefined],
  },
  "what a step gives may be a row, a carried tensor or come from around": {
    f: ([x, w]) => [
      scan(([a, b], [row]) => ({ carry: [b!, w!], output: tf.add(a!, row!) }), [w!, w!], [x!]),
      scan(([a], [row]) => ({ carry: [a!], output: row! }), [w!], [x!]),
      scan(([a]) => ({ carry: [a!], output: a! }), [w!], [x!]),
      scan(() => ({ carry: [], output: w! }), [], [x!]),
      scan(() => ({ carry: [], output: tf.ones([2]) }), [], [x!]),
    ],
    inputs: (n) => [spread([3, n]), spread([1], -1, 1, 1)],
    batchAxes: [1, undefined],
  },
}

const traced = ({ f, inputs, batchAxes }: Case): Graph =>
  trace(
    f,
    inputs(2).map(({ shape, dtype = "float32" }, i) => ({
      shape: shape.map((size, axis) => (axis === batchAxes[i] ? null : size)),
      dtype,
    })),
  )

const expectOnnx = async (
  graph: Graph,
  inputs: ReadonlyArray<TypedNumbers>,
  expected: ReturnType<typeof eagerly>,
  session: Awaited<ReturnType<typeof open>>,
): Promise<void> => {
  const results = await session.run(
    Object.fromEntries(
      inputs.map(({ shape, values, dtype = "float32" }, i) => [
        graph.inputs[i]!.attributes.name,
        tensor(dtype as "float32", { shape, values: Array.from(values) }),
      ]),
    ),
  )
  expected.forEach(({ shape, values }, i) => {
    const got = numbersOf(results[`output${i}`]!)
    expect(got.shape).toEqual(shape)
    expectClose(got.values, values, 2e-5, `onnx output ${i}`)
  })
}

describe.each(Object.entries(cases))("%s", (_, each) => {
  it("is the loop in float64, with fixed sizes", () => {
    expectAgreement(each.f, each.inputs(4))
  })

  it("is the loop for any batch size, in float64 and in ONNX Runtime, simplified or not", async () => {
    const graph = traced(each)
    for (const form of [graph, simplify(graph)]) {
      const session = await open(toOnnx(form))
      for (const n of [1, 4, 7]) {
        const inputs = each.inputs(n)
        const expected = eagerly(each.f, inputs)
        evaluate(form, inputs).forEach(({ shape, values }, i) => {
          expect(shape).toEqual(expected[i]!.shape)
          expectClose(values, expected[i]!.values, 2e-5, `output ${i}`)
        })
        await expectOnnx(form, inputs, expected, session)
      }
      await session.release()
    }
  })
})

const scansOf = (graph: Graph): ReadonlyArray<Node<"Scan">> =>
  nodesOf(graph).filter((node) => node.op === "Scan")

describe("a traced scan", () => {
  it("is one node, whose size does not depend on the number of steps", () => {
    const f: TensorFunction = ([x]) => [sums(x!)]
    const [short, long] = [3, 3000].map((steps) =>
      trace(f, [{ shape: [steps, 2], dtype: "float32" }]),
    )
    expect(nodesOf(long!)).toHaveLength(nodesOf(short!).length)
    expect(long!.outputs[0]!.shape).toEqual([3000, 2])
  })

  it("does outside what depends on nothing inside", () => {
    const graph = traced(cases["a recurrent net"]!)
    const [node] = scansOf(graph)
    const { body, carry, slices } = node!.attributes
    expect([carry, slices]).toEqual([1, 1])
    expect(nodesOf(body).some(({ op }) => op === "Exp")).toBe(false)
    expect(nodesOf(graph).some(({ op }) => op === "Exp")).toBe(true)
    expect(body.inputs.map(({ attributes }) => attributes.name)).toEqual([
      "carry0",
      "slice0",
      "captured0",
      "captured1",
      "captured2",
    ])
  })

  it("may take gradients inside a step", () => {
    expectAgreement(
      ([x, w]) => [
        scan(
          ([a], [row]) => {
            const slope = tf.grad((t) => tf.sum(tf.sin(tf.mul(t, w!))))(tf.add(a!, row!))
            return { carry: [slope], output: slope }
          },
          [tf.zeros([2])],
          [x!],
        ),
      ],
      [spread([3, 2]), spread([2], -1, 1, 1)],
    )
  })

  it("keeps the numbers that a step mentions in float64", () => {
    const [y] = inFloat64(
      ([x]) => [scan((_, [row]) => ({ carry: [], output: tf.mul(row!, 0.1) }), [], [x!])],
      [{ shape: [2], values: [1, 3] }],
    )
    expect(Array.from(y!.values)).toEqual([0.1, 3 * 0.1])
  })

  const f32 = (...shape: ReadonlyArray<number>) => ({ shape, dtype: "float32" as const })

  it("has no gradient, in its slices, its carry, or what the step takes from around", () => {
    const takes =
      (at: number): TensorFunction =>
      (tensors) => [
        tf.grad((t) => {
          const [x, start, w] = tensors.with(at, t) as [T, T, T]
          const y = scan(
            ([a], [row]) => {
              const next = tf.add(tf.mul(a!, w), row!)
              return { carry: [next], output: next }
            },
            [start],
            [x],
          )
          // Also where there is another way to the result.
          return tf.add(tf.sum(y), tf.sum(t))
        })(tensors[at]!),
      ]
    for (const at of [0, 1, 2]) {
      const attempt = () => trace(takes(at), [f32(3, 2), f32(2), f32(2)])
      expect(attempt).toThrow(GraphError)
      expect(attempt).toThrow("Give the gradient yourself, with tf.customGrad")
    }
    expect(tf.getBackend()).toBe("cpu")
  })

  it("has the gradient that tf.customGrad gives it", () => {
    const f: TensorFunction = ([x]) => {
      const summed = tf.customGrad((t) => ({
        value: sums(t as T),
        gradFunc: (dy: T) => tf.cumsum(dy, 0, false, true),
      }))
      return [tf.grad((t) => tf.sum(tf.sin(summed(t))))(x!)]
    }
    expectAgreement(f, [spread([4, 2])])
  })

  it("keeps a step's tensors to itself", () => {
    let escaped: T | undefined
    const attempt = () =>
      trace(
        ([x]) => {
          scan(
            ([a], [row]) => {
              escaped = tf.mul(a!, row!)
              return { carry: [escaped], output: escaped }
            },
            [tf.ones([2])],
            [x!],
          )
          return [tf.exp(escaped!)]
        },
        [f32(3, 2)],
      )
    expect(attempt).toThrow(
      "a tensor that the step of a scan was given or made, of shape [2], is used outside of the step",
    )
  })

  it("does not decide by the batch size in a step", () => {
    const attempt = () =>
      trace(
        ([x]) => [
          scan(
            (_, [row]) => ({
              carry: [],
              output: x!.shape[1]! > 1010 ? tf.exp(row!) : tf.neg(row!),
            }),
            [],
            [x!],
          ),
        ],
        [{ shape: [3, null], dtype: "float32" }],
      )
    expect(attempt).toThrow("is not done alike for different batch sizes")
  })

  it("is found again with another number for the batch where a size in a step collides", () => {
    const f: TensorFunction = ([x]) => [
      scan((_, [row]) => ({ carry: [], output: tf.tile(row!, [1009]) }), [], [x!]),
    ]
    const graph = trace(f, [{ shape: [2, null], dtype: "float32" }])
    expect(graph.dynamic).not.toBe(1009)
    expect(scansOf(graph)[0]!.attributes.body.dynamic).toBe(graph.dynamic)
  })

  it("prints its body", () => {
    const graph = simplify(
      trace(
        ([x, w]) => [
          scan(([a], [row]) => ({ carry: [tf.add(a!, row!)], output: tf.mul(a!, w!) }), [w!], [x!]),
        ],
        [
          { shape: [3, null], dtype: "float32" },
          { shape: [null], dtype: "float32" },
        ],
        { names: ["x", "w"] },
      ),
    )
    expect(print(graph)).toBe(
      [
        "%0 = Input x : float32 [3, n]",
        "%1 = Input w : float32 [n]",
        "%2 = Scan(%1, %0, %1) carry=1 slices=1 : float32 [3, n]",
        "  %0 = Input carry0 : float32 [n]",
        "  %1 = Input slice0 : float32 [n]",
        "  %2 = Input captured0 : float32 [n]",
        "  %3 = Add(%0, %1) : float32 [n]",
        "  %4 = Mul(%0, %2) : float32 [n]",
        "  return %3, %4",
        "return %2",
        "3 nodes: 2 Input, 1 Scan",
      ].join("\n"),
    )
  })
})

describe("simplify", () => {
  it("simplifies bodies, brings constants in, and drops what bodies do not need", () => {
    const graph = trace(
      ([x, w]) => {
        const one = tf.exp(tf.zeros([2]))
        return [
          scan(
            ([a], [row]) => {
              const doubled = tf.mul(tf.mul(row!, one), tf.add(w!, tf.mul(w!, 0)))
              return {
                carry: [tf.add(a!, doubled)],
                output: tf.add(tf.mul(tf.sin(w!), 0), tf.add(a!, tf.neg(tf.neg(doubled)))),
              }
            },
            [tf.zeros([2])],
            [x!],
          ),
        ]
      },
      [
        { shape: [3, 2], dtype: "float32" },
        { shape: [2], dtype: "float32" },
      ],
    )
    const simple = simplify(graph)
    const [node] = scansOf(simple)
    expect(node!.inputs.slice(2).map(({ op }) => op)).not.toContain("Constant")
    const operations = nodesOf(node!.attributes.body).map(({ op }) => op)
    expect(operations).not.toContain("Neg")
    expect(operations.filter((op) => op === "Mul")).toHaveLength(1)
    expect(simplify(simple)).toBe(simple)
  })

  it("never takes one scan for another, and shares one that is there twice", () => {
    const over = (f: (a: T) => T) => (x: T) =>
      scan(([a], [row]) => ({ carry: [tf.add(a!, row!)], output: f(a!) }), [tf.zeros([2])], [x])
    const graph = trace(
      ([x]) => [over(tf.sin)(x!), over(tf.cos)(x!), over((a) => tf.mul(a, 2))(x!)],
      [{ shape: [3, 2], dtype: "float32" }],
    )
    expect(scansOf(simplify(graph))).toHaveLength(3)
    const [node] = scansOf(graph)
    const twice = { ...graph, outputs: [node!, { ...node! }] }
    expect(scansOf(simplify(twice))).toHaveLength(1)
  })
})

describe("makeNode", () => {
  it("refuses a body that does not fit", () => {
    const input = (...shape: ReadonlyArray<number>): Node<"Input"> =>
      makeNode("Input", [], { name: "", shape, dtype: "float32" })
    const [a, row] = [input(2), input(2)]
    const body = { inputs: [a, row], outputs: [a, row] }
    const [start, x] = [input(2), input(5, 2)]
    expect(makeNode("Scan", [start, x], { body, carry: 1, slices: 1 }).shape).toEqual([5, 2])
    const refused: ReadonlyArray<readonly [ReadonlyArray<Node>, Graph]> = [
      [[start, start], body],
      [[start, x, x], body],
      [[input(3), x], body],
      [[start, x], { ...body, outputs: [a] }],
      [[start, x], { ...body, outputs: [makeNode("Reshape", [a], { shape: [1, 2] }), row] }],
    ]
    for (const [inputs, wrong] of refused) {
      expect(() => makeNode("Scan", inputs, { body: wrong, carry: 1, slices: 1 })).toThrow(
        GraphError,
      )
    }
  })
})

/** A step that carries weights, and scores rows with a recurrent net, once with the weights and once without. */
const scoringStep = (): { readonly step: Graph; readonly f: TensorFunction } => {
  const f: TensorFunction = ([w, u, x]) => {
    const y = recurrent(x!, w!, u!)
    // Depends on what stays put alone.
    const fixed = scan(
      ([a], [row]) => ({ carry: [tf.add(a!, row!)], output: tf.mul(a!, tf.sum(u!)) }),
      [tf.zeros([4])],
      [u!],
    )
    const own = scan(
      ([a], [row]) => ({ carry: [tf.add(a!, row!)], output: tf.mul(a!, w!) }),
      [tf.zeros([4])],
      [u!],
    )
    return [tf.mul(0.9, w!), tf.mean(y), tf.sum(fixed), tf.sum(own)]
  }
  const shapes = [
    [4, 4],
    [3, 4],
    [6, 2, 3],
  ]
  return {
    f,
    step: simplify(
      trace(
        f,
        shapes.map((shape) => ({ shape, dtype: "float32" })),
      ),
    ),
  }
}
const layout = { carry: 1, resident: 1, inputs: 1 }

describe("ONNX", () => {
  const steps = 3
  const [w, u, x] = [spread([4, 4], -1, 1, 1), spread([3, 4], -1, 1, 2), spread([3, 6, 2, 3])]

  const expected = (f: TensorFunction): ReadonlyArray<ReadonlyArray<number>> => {
    let weights = Array.from(w.values)
    const rows = Array.from({ length: steps }, (_, i) => {
      const row = { shape: [6, 2, 3], values: x.values.slice(36 * i, 36 * (i + 1)) }
      const [next, ...outputs] = eagerly(f, [{ ...w, values: weights }, u, row])
      weights = [...next!.values]
      return outputs.map(({ values }) => values[0]!)
    })
    return [weights, ...[0, 1, 2].map((i) => rows.map((row) => row[i]!))]
  }
  const names = ["nextCarry0", "output0", "output1", "output2"]

  it("runs within the loop of a training model, natively and on the web", async () => {
    const { step, f } = scoringStep()
    const model = toOnnxLoop(step, layout)
    const session = await open(model)
    const floats = ({ shape, values }: TypedNumbers) =>
      tensor("float32", { shape, values: Array.from(values) })
    const results = await session.run({
      steps: tensor("int64", { shape: [], values: [steps] }),
      carry0: floats(w),
      resident0: floats(u),
      input0: floats(x),
    })
    await session.release()
    const webFloats = ({ shape, values }: TypedNumbers) =>
      new web.Tensor("float32", Float32Array.from(values), [...shape])
    web.env.wasm.numThreads = 1
    const webSession = await web.InferenceSession.create(model, { logSeverityLevel: 3 })
    const webResults = await webSession.run({
      steps: new web.Tensor("int64", BigInt64Array.of(BigInt(steps)), []),
      carry0: webFloats(w),
      resident0: webFloats(u),
      input0: webFloats(x),
    })
    await webSession.release()
    expected(f).forEach((values, i) => {
      expectClose(numbersOf(results[names[i]!]!).values, values, 2e-5, names[i])
      expectClose(webResults[names[i]!]!.data as Float32Array, values, 2e-5, `web ${names[i]}`)
    })
  })

  const python = (() => {
    try {
      execFileSync("/usr/bin/python3", ["-c", "import onnx"], { stdio: "ignore" })
      return "/usr/bin/python3"
    } catch {
      console.warn(
        "No python3-onnx, so onnx.checker does not look at the models. Install it: apt-get install python3-onnx",
      )
      return undefined
    }
  })()

  it.skipIf(python === undefined)("onnx.checker finds nothing wrong", () => {
    const folder = mkdtempSync(join(tmpdir(), "onnx-scan-"))
    try {
      const models = [
        toOnnx(simplify(traced(cases["a scan in a scan"]!))),
        toOnnx(traced(cases["unit by unit"]!)),
        toOnnxLoop(scoringStep().step, layout),
      ]
      const files = models.map((model, i) => {
        const file = join(folder, `${i}.onnx`)
        writeFileSync(file, model)
        return file
      })
      const said = execFileSync(python!, [join(import.meta.dirname, "onnx/check.py"), ...files], {
        encoding: "utf8",
      })
      expect(said.trim().split("\n")).toEqual(files.map((file) => `${file}: ok`))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
