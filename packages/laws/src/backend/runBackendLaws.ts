/**
 * The conformance suite of backends, as data.
 */
import {
  Backend,
  type BackendError,
  foldKey,
  makeKey,
  sizeOf,
  uniformValues,
} from "@pushforward/core"
import { Effect } from "effect"
import { holds, type Measurement } from "../Law.ts"
import type { LawReport, RunOptions } from "../runLaws.ts"
import type { BackendCase, BackendLaw, BackendSubject } from "./BackendSubject.ts"
import { backendLaws } from "./index.ts"

const report = (subject: BackendSubject, law: BackendLaw, measurement: Measurement): LawReport => ({
  subject: subject.name,
  law: law.name,
  grade: law.grade,
  statement: law.statement,
  ok: holds(measurement),
  measured: measurement.measured,
  tolerance: measurement.tolerance,
  runs: 1,
  inconclusive: 0,
  ...(measurement.detail !== undefined && { detail: measurement.detail }),
})

/**
 * Runs the conformance suite on a backend, law after law.
 *
 * **Details**
 *
 * - Fails: `BackendError` when the backend or the reference does not start; what happens later is in the reports
 *
 * **Example** (The cpu backend, judged by itself)
 *
 * ```ts
 * import { cpu } from "@pushforward/backend-cpu"
 * import { runBackendLaws } from "@pushforward/laws"
 * import * as tf from "@tensorflow/tfjs-core"
 * import { Effect } from "effect"
 *
 * const reports = await Effect.runPromise(
 *   runBackendLaws({ name: "cpu", layer: cpu, reference: cpu, tensorCount: () => tf.memory().numTensors }),
 * )
 * reports.every((report) => report.ok) // => true
 * ```
 *
 * @category runners
 */
export const runBackendLaws = (
  subject: BackendSubject,
  { seed = 0 }: Pick<RunOptions, "seed"> = {},
): Effect.Effect<ReadonlyArray<LawReport>, BackendError> =>
  Effect.gen(function* () {
    const reference = yield* Backend.pipe(Effect.provide(subject.reference))
    const backend = yield* Backend.pipe(Effect.provide(subject.layer))
    const sample: BackendCase = {
      backend,
      reference,
      draw: (name, shape) => ({
        shape,
        dtype: "float32",
        values: uniformValues(foldKey(makeKey(seed), name), sizeOf(shape)).map((u) => 4 * u - 2),
      }),
    }
    const reports: Array<LawReport> = []
    for (const law of backendLaws(subject)) {
      const measurement = yield* law.check(sample).pipe(
        Effect.catchCause((cause) =>
          Effect.succeed<Measurement>({
            measured: Number.NaN,
            tolerance: 0,
            detail: String(cause),
          }),
        ),
      )
      reports.push(report(subject, law, measurement))
    }
    return reports
  })
