import {
  type BackendError,
  type HostTensor,
  type Loop,
  type LoopProgram,
  sizeOf,
} from "@pushforward/core"
import {
  type FusedStep,
  memorySize,
  numberAt,
  slotAt,
  vectorCode,
  type VectorPart,
  type VectorPass,
} from "@pushforward/graph"
import { Effect } from "effect"
import type { Call, Engine } from "./engine.ts"
import { joined, letGo, rowsOf, toHost, toTensor } from "./hostTensors.ts"

const pageSize = 2 ** 16

/** The names of a fused step's graph, in the order of its inputs and outputs. */
export const vectorLoopNames = ({ graph }: FusedStep) => ({
  inputNames: graph.inputs.map((_, i) => `input${i}`),
  outputNames: graph.outputs.map((_, i) => `output${i}`),
})

/**
 * A loop whose long vectors lie in one memory: ONNX Runtime reads weights there and puts gradients beside them, which are
 * copied there where it cannot, and a pass in WebAssembly updates them in place.
 */
export const vectorLoop = (
  { engine, writesInPlace }: { readonly engine: Engine; readonly writesInPlace: boolean },
  call: Call,
  fused: FusedStep,
  program: LoopProgram,
): Loop => {
  const { memory: plan, vectors, reads, writes, pass, opening, constants, given, told } = fused
  const { inputNames, outputNames } = vectorLoopNames(fused)
  const memory = new WebAssembly.Memory({ initial: Math.ceil(memorySize(plan) / pageSize) })
  const slot = (place: number): Float32Array =>
    new Float32Array(memory.buffer, slotAt(plan, place), plan.length)
  const numbers = new Float32Array(memory.buffer, numberAt(0), plan.numbers)
  const runs = (what: VectorPass): (() => void) => {
    const module = new WebAssembly.Module(vectorCode(what, plan))
    return new WebAssembly.Instance(module, { host: { memory } }).exports["run"] as () => void
  }
  const viewOf = ({ slot: place, begin, shape }: VectorPart) =>
    new engine.Tensor("float32", slot(place).subarray(begin, begin + sizeOf(shape)), [...shape])

  vectors.forEach((carry, place) => slot(place).set(program.carry[carry]!.values))
  for (const { slot: place, values } of constants) slot(place).set(values)
  runs(opening)()
  const update = runs(pass)

  const feeds = Object.fromEntries(reads.map((part, i) => [inputNames[i]!, viewOf(part)]))
  const places = Object.fromEntries(
    outputNames.map((name, i) => {
      const part = writesInPlace ? writes[i] : undefined
      return [name, part ? viewOf(part) : null]
    }),
  )
  const rest = outputNames.slice(writes.length)
  const resident = program.resident.map((value) => toTensor(engine, value))
  const others = program.carry.flatMap((_, i) => (vectors.includes(i) ? [] : [i]))
  let carry = others.map((i) => toTensor(engine, program.carry[i]!))

  /** One step; what it reports. */
  const step = (
    inputs: ReadonlyArray<HostTensor>,
  ): Effect.Effect<ReadonlyArray<HostTensor>, BackendError> =>
    Effect.map(
      call(
        {
          ...feeds,
          ...Object.fromEntries(
            [...carry, ...resident, ...inputs.map((input) => toTensor(engine, input))].map(
              (tensor, i) => [inputNames[reads.length + i]!, tensor],
            ),
          ),
        },
        places,
      ),
      (results) => {
        writes.forEach(({ slot: place, begin }, i) => {
          const result = results[outputNames[i]!]!
          if (!writesInPlace) slot(place).set(result.data as Float32Array, begin)
          letGo(result)
        })
        const ends = rest.map((name) => results[name]!)
        ends.slice(0, given).forEach(({ data }, i) => numbers.set(data as Float32Array, i))
        update()
        carry = ends.slice(given, given + others.length)
        const outputs = ends.slice(given + others.length).map(toHost)
        told.forEach((place, i) => {
          const values = numbers.slice(given + i, given + i + 1)
          outputs.splice(place, 0, { shape: [], dtype: "float32", values })
        })
        return outputs
      },
    ).pipe(Effect.uninterruptible)

  return {
    run: (inputs) =>
      Effect.gen(function* () {
        const count = inputs[0]?.shape[0] ?? 0
        const steps: Array<ReadonlyArray<HostTensor>> = []
        while (steps.length < count) {
          const at = steps.length
          const outputs = yield* step(inputs.map((input) => withoutAxis(rowsOf(input, at, at + 1))))
          steps.push(outputs)
          if (outputs[0]?.dtype === "float32" && !outputs[0].values.every(Number.isFinite)) break
          // WebAssembly answers without ever letting the event loop turn.
          yield* Effect.yieldNow
        }
        return (steps[0] ?? []).map((_, i) => joined(steps.map((outputs) => withAxis(outputs[i]!))))
      }),
    carry: Effect.sync(() => {
      const now = carry.map(toHost)
      return program.carry.map((start, i): HostTensor => {
        const place = vectors.indexOf(i)
        return place < 0
          ? now[others.indexOf(i)]!
          : { shape: start.shape, dtype: "float32", values: slot(place).slice() }
      })
    }),
  }
}

const withoutAxis = (tensor: HostTensor): HostTensor => ({
  ...tensor,
  shape: tensor.shape.slice(1),
})
const withAxis = (tensor: HostTensor): HostTensor => ({ ...tensor, shape: [1, ...tensor.shape] })
