import "@tensorflow/tfjs-backend-cpu"
import {
  BackendError,
  type HostTensor,
  type LoopProgram,
  makeEagerBackend,
  type StepFunction,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Fiber } from "effect"
import { describe, expect, it } from "vitest"

const backend = makeEagerBackend("cpu", "cpu")
const host = (
  values: ReadonlyArray<number>,
  shape: ReadonlyArray<number> = [values.length],
): HostTensor => ({
  shape,
  dtype: "float32",
  values: Float32Array.from(values),
})
const numbers = (tensors: ReadonlyArray<HostTensor>): ReadonlyArray<ReadonlyArray<number>> =>
  tensors.map(({ values }) => Array.from(values))
const program: LoopProgram = { carry: [host([0], [])], resident: [host([10], [])], inputs: [] }

/** Runs a program, and says how many tensors it left. */
const leaves = async (effect: Effect.Effect<unknown, unknown>): Promise<number> => {
  const before = tf.memory().numTensors
  await Effect.runPromise(Effect.ignore(effect))
  return tf.memory().numTensors - before
}

describe("compile", () => {
  const run = (
    f: (inputs: ReadonlyArray<tf.Tensor>) => ReadonlyArray<tf.Tensor>,
    inputs: ReadonlyArray<HostTensor>,
  ) => Effect.scoped(Effect.flatMap(backend.compile(f, []), (compiled) => compiled.run(inputs)))

  it("runs a function on numbers, keeping types", async () => {
    const indices: HostTensor = { shape: [2], dtype: "int32", values: Int32Array.of(1, 2) }
    const [sum, same] = await Effect.runPromise(
      run(([a, b]) => [tf.add(a!, a!), b!], [host([1, 2]), indices]),
    )
    expect(sum).toEqual(host([2, 4]))
    expect(same).toEqual(indices)
  })

  it("gives one tensor twice when asked for it twice", async () => {
    expect(numbers(await Effect.runPromise(run(([a]) => [a!, a!], [host([3])])))).toEqual([
      [3],
      [3],
    ])
  })

  it("fails with the cause and a hint, and leaves nothing", async () => {
    const failing = run(
      ([a]) => [tf.matMul(a as tf.Tensor2D, tf.zeros([5, 1]))],
      [host([1, 2], [1, 2])],
    )
    const error = await Effect.runPromise(Effect.flip(failing))
    expect(error).toBeInstanceOf(BackendError)
    expect(error.message).toMatch(
      /^backend cpu: .*inner shapes.* Run the function eagerly on small tensors/,
    )
    expect(await leaves(failing)).toBe(0)
    expect(await leaves(run(([a]) => [tf.neg(a!)], [host([1])]))).toBe(0)
  })
})

describe("loop", () => {
  const add: StepFunction = ([sum], [scale], [x]) => {
    const next = tf.add(sum!, tf.mul(x!, scale!))
    // Carried on and reported, one tensor; reported as it came in; and one that stays.
    return { carry: [next], outputs: [next, sum!, scale!] }
  }
  const loop = <A>(
    step: StepFunction,
    use: (l: Effect.Success<ReturnType<typeof backend.loop>>) => Effect.Effect<A, BackendError>,
  ) => Effect.scoped(Effect.flatMap(backend.loop(step, program), use))

  it("carries its state, and stacks what the steps report, though tensors are shared", async () => {
    const all = loop(add, (l) =>
      Effect.gen(function* () {
        const first = yield* l.run([host([1, 2, 3])])
        const second = yield* l.run([host([4])])
        return { first: numbers(first), second: numbers(second), carry: numbers(yield* l.carry) }
      }),
    )
    expect(await Effect.runPromise(all)).toEqual({
      first: [
        [10, 30, 60],
        [0, 10, 30],
        [10, 10, 10],
      ],
      second: [[100], [60], [10]],
      carry: [[100]],
    })
    expect(await leaves(all)).toBe(0)
  })

  it("does not free what stays put when a step carries it on", async () => {
    const swap: StepFunction = ([carry], [resident]) => ({ carry: [resident!], outputs: [carry!] })
    const outputs = await Effect.runPromise(loop(swap, (l) => l.run([host([0, 0, 0])])))
    expect(numbers(outputs)).toEqual([[0, 10, 10]])
    expect(await leaves(loop(swap, (l) => l.run([host([0, 0, 0])])))).toBe(0)
  })

  it("stops between steps when interrupted, keeps the carry, and leaves nothing", async () => {
    const interrupted = loop(add, (l) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(
          l.run([host(Array.from({ length: 300_000 }, () => 0.1))]),
        )
        yield* Effect.sleep(50)
        yield* Fiber.interrupt(fiber)
        const [[stopped]] = numbers(yield* l.carry) as [[number]]
        const after = yield* l.run([host([1])])
        return { stopped, after: numbers(after)[0]![0]! }
      }),
    )
    const { stopped, after } = await Effect.runPromise(interrupted)
    expect(stopped).toBeGreaterThan(0)
    expect(after).toBeCloseTo(stopped + 10, -1)
    expect(await leaves(interrupted)).toBe(0)
  })

  it("leaves nothing when a step fails, when its value has the wrong size, and when its outputs differ in shape", async () => {
    let step = 0
    const failing: StepFunction = (carry, resident, inputs) => {
      if (step++ % 3 === 2) throw new Error("on purpose")
      return add(carry, resident, inputs)
    }
    expect(await leaves(loop(failing, (l) => l.run([host([1, 2, 3, 4])])))).toBe(0)
    const wrong = { ...program, carry: [host([1, 2, 3], [2])] }
    expect(await leaves(Effect.scoped(backend.loop(add, wrong)))).toBe(0)
    const ragged: StepFunction = ([c]) => ({
      carry: [tf.clone(c!)],
      outputs: [tf.zeros([1 + (step++ % 2)])],
    })
    expect(await leaves(loop(ragged, (l) => l.run([host([1, 2])])))).toBe(0)
  })

  it("lets other work happen while it runs", async () => {
    let ticks = 0
    const timer = setInterval(() => (ticks += 1), 5)
    await Effect.runPromise(
      loop(add, (l) => l.run([host(Array.from({ length: 20_000 }, () => 0))])),
    )
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(2)
  })
})
