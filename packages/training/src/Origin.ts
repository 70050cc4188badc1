/**
 * Where a number went wrong: the row, the column and the layer, found by doing the step again with every layer watched.
 */
import {
  Backend,
  type BackendError,
  countParams,
  type HostTensor,
  type LayerObserver,
  paramLeaves,
  type Params,
  sizeOf,
} from "@pushforward/core"
import type { Tensor } from "@tensorflow/tfjs-core"
import { Effect } from "effect"
import type { FitData } from "./FitOptions.ts"
import type { Plan } from "./plan.ts"
import type { Rows } from "./rows.ts"
import type { Snapshot } from "./Snapshot.ts"

/**
 * Where a number went wrong.
 *
 * **Details**
 *
 * - `where`: the rows themselves, what they are conditioned on, a layer, the density after all layers, or only the gradient
 * - `row`: which training row; absent when the gradient of the batch as a whole is at fault
 * - `column`: which element of the event there, or of the context
 * - `layer`: its place in the parameters and its name; of a gradient, the parameter's
 *
 * @category models
 */
export interface Origin {
  readonly where: "data" | "context" | "layer" | "density" | "gradient"
  readonly row?: number
  readonly column?: number
  readonly layer?: string
}

/** The first number of `values` that is none, as its row of the batch and its column. */
const firstBad = (
  { values }: HostTensor,
  batchSize: number,
): { readonly row: number; readonly column: number } | undefined => {
  const at = values.findIndex((value) => !Number.isFinite(value))
  const width = values.length / batchSize
  return at < 0 ? undefined : { row: Math.floor(at / width), column: at % width }
}

/** The trainable leaf that holds the value at `place` of the flat vector. */
const leafAt = (params: Params, place: number): string | undefined => {
  let at = 0
  return paramLeaves(params)
    .filter(([, { role }]) => role === "trainable")
    .find(([, { values }]) => (at += values.length) > place && place >= 0)?.[0]
    .join(".")
}

/** The parameters before a step: the run from the snapshot to there, done again. */
const carryBefore = <E>(
  plan: Plan<E>,
  from: Snapshot,
  step: number,
): Effect.Effect<ReadonlyArray<HostTensor>, BackendError | E> =>
  Effect.scoped(
    Effect.gen(function* () {
      const loop = yield* plan.openLoop(from)
      for (let at = from.step; at < step; at++) {
        const { inputs } = yield* plan.inputsAt(at, 1, from)
        yield* loop.run(inputs)
      }
      return yield* loop.carry
    }),
  )

/** Finds where the loss or the gradient of `step`, counted from 0, stops being a number. */
export const originOf = <E>(
  plan: Plan<E>,
  from: Snapshot,
  step: number,
): Effect.Effect<Origin, BackendError | E, Backend> =>
  Effect.scoped(
    Effect.gen(function* () {
      const taken = yield* plan.inputsAt(step, 1, from)
      // Copies: steps that are done again below take their batches in the same place.
      const inputs = taken.inputs.map(({ values }) => values.slice() as Float32Array)
      const indices = taken.indices.slice()
      const { batchSize, objective } = plan.options
      const eventShape = plan.source.eventShape
      const batch: Rows = {
        shape: [batchSize, ...eventShape],
        dtype: "float32",
        values: inputs[0]!,
      }
      const inData = firstBad(batch, batchSize)
      if (inData) return { where: "data", row: indices[inData.row]!, column: inData.column }
      const context: ReadonlyArray<HostTensor> = plan.context
        ? [
            {
              shape: [batchSize, ...plan.context.eventShape],
              dtype: "float32",
              values: inputs[3]!,
            },
          ]
        : []
      const inContext = context[0] && firstBad(context[0], batchSize)
      if (inContext) {
        return { where: "context", row: indices[inContext.row]!, column: inContext.column }
      }

      const [trainable, state] = yield* carryBefore(plan, from, step)
      const backend = yield* Backend
      const signature = [
        { shape: [plan.parameters], dtype: "float32" },
        { shape: [countParams(plan.initial, "state")], dtype: "float32" },
        { shape: batch.shape, dtype: "float32" },
        { shape: [2], dtype: "float32" },
        ...context.map(({ shape }) => ({ shape, dtype: "float32" }) as const),
      ] as const
      const noiseOfStep: Rows = { shape: [2], dtype: "float32", values: inputs[2]! }
      const batchInputs = [trainable!, state!, batch, noiseOfStep, ...context]
      const names: Array<string> = []
      const watched = yield* backend.compile(([values, states, x, noise, c]) => {
        names.length = 0
        const shown: Array<Tensor> = []
        const observe: LayerObserver = (path, name, value, logDet) => {
          names.push(`${path.join(".")} (${name})`)
          shown.push(value, logDet)
        }
        const density = plan.model.build(values!, states!, {
          mode: "train",
          noise: noise!,
          observe,
          ...(c && { context: c }),
        })
        return [objective(density, x!), ...shown]
      }, signature)
      const [losses, ...given] = yield* watched.run(batchInputs)
      for (const [i, name] of names.entries()) {
        const [value, logDet] = [given[2 * i]!, given[2 * i + 1]!]
        const inValue = firstBad(value, batchSize)
        if (inValue && value.values.length >= batchSize) {
          return { where: "layer", row: indices[inValue.row]!, column: inValue.column, layer: name }
        }
        // A log-det that all rows share has one number.
        const bad = logDet.values.findIndex((number) => !Number.isFinite(number))
        if (bad >= 0) {
          const row = logDet.values.length === batchSize ? { row: indices[bad]! } : {}
          return { where: "layer", layer: name, ...row }
        }
      }
      const inLoss = firstBad(losses!, batchSize)
      if (inLoss) return { where: "density", row: indices[inLoss.row]! }
      const graded = yield* backend.compile(
        ([values, states, x, noise, c]) => [
          plan.model.valueAndGrad(
            values!,
            states!,
            { mode: "train", noise: noise!, ...(c && { context: c }) },
            (density) => objective(density, x!),
          ).gradient,
        ],
        signature,
      )
      const [gradient] = yield* graded.run(batchInputs)
      const leaf = leafAt(
        plan.initial,
        gradient!.values.findIndex((value) => !Number.isFinite(value)),
      )
      return { where: "gradient", ...(leaf && { layer: leaf }) }
    }),
  )

/** An origin in words; `names` are those that people use. */
export const describeOrigin = (
  { where, row, column, layer }: Origin,
  eventShape: ReadonlyArray<number>,
  names: Pick<FitData, "rowNumbers" | "columns" | "contextColumns">,
): string => {
  const called = row === undefined ? "a row" : `row ${names.rowNumbers?.[row] ?? row}`
  const place = column === undefined || sizeOf(eventShape) === 1 ? "" : ` in element ${column}`
  switch (where) {
    case "data":
      return `${called} of the data is no number in column ${names.columns?.[column!] ?? column}`
    case "context":
      return `the context of ${called} is no number in column ${names.contextColumns?.[column!] ?? column}`
    case "layer":
      return `${called} first stops being a number${place} of what layer ${layer} gives`
    case "density":
      return `${called} has no finite density, though every layer gives numbers`
    case "gradient":
      return `every row has a finite density, but the gradient${layer ? ` in ${layer}` : ""} is no number`
  }
}
