/**
 * A bijector as the laws see it: a layer, the event it starts from, and code that makes it again.
 */
import { type Layer, makeKey, type Shape } from "@pushforward/core"
import * as fc from "fast-check"
import type { SpecSource } from "../spec/SpecSource.ts"
import type { SetUp, Subject } from "../Subject.ts"
import { type BijectorCase, caseCode, makeCase, simplerCases } from "./BijectorCase.ts"

/**
 * A bijector under law.
 *
 * **Details**
 *
 * - `eventShape`: of the base side, exactly `layer.eventRankIn` axes
 * - `extraShape`: axes between batch and event, when an elementwise layer is tried on a vector
 * - `source`: present when it was compiled from a spec; some laws are about the spec
 *
 * @category models
 */
export interface BijectorSubject extends Subject<BijectorCase> {
  readonly layer: Layer
  readonly eventShape: Shape
  readonly extraShape: Shape
  readonly setUp: SetUp
  readonly source?: SpecSource
}

/** What {@link bijectorSubject} takes. */
export interface BijectorSubjectOptions {
  readonly name?: string
  readonly layer: Layer
  /** The event on the base side; more axes than the layer's event rank become batch axes. */
  readonly eventShape: Shape
  readonly setUp?: SetUp
  readonly source?: SpecSource
}

/**
 * Puts a bijector or a recipe under law.
 *
 * **Example** (A wrong log-determinant is caught)
 *
 * ```ts
 * import { inline } from "@pushforward/core"
 * import { bijectorLaws, bijectorSubject, runLaws } from "@pushforward/laws"
 * import * as tf from "@tensorflow/tfjs-core"
 * import "@tensorflow/tfjs-backend-cpu"
 *
 * const layer = inline({
 *   name: "double",
 *   forward: (x) => tf.mul(x, 2),
 *   inverse: (y) => tf.div(y, 2),
 *   forwardLogDet: (x) => tf.zerosLike(x),
 * })
 * const reports = runLaws(bijectorSubject({ layer, eventShape: [] }), bijectorLaws)
 * reports.filter((report) => !report.ok).map((report) => report.law) // => ["log-det (float32)", "log-det (float64)"]
 * ```
 *
 * @category constructors
 */
export const bijectorSubject = ({
  layer,
  eventShape: whole,
  name = layer.name,
  setUp = { imports: [], statements: [`// const layer = …: ${layer.name}, as made in your code`] },
  source,
}: BijectorSubjectOptions): BijectorSubject => {
  const rankExtra = whole.length - layer.eventRankIn
  if (rankExtra < 0) {
    throw new RangeError(
      `${name}: expected an event of rank ${layer.eventRankIn} or more, got [${whole.join(", ")}]. ` +
        `Pass the shape of one event on the base side.`,
    )
  }
  const subject: BijectorSubject = {
    name,
    layer,
    eventShape: whole.slice(rankExtra),
    extraShape: whole.slice(0, rankExtra),
    setUp,
    ...(source && { source }),
    cases: fc
      .record({ seed: fc.nat(), batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }) })
      .map(({ seed, batch }) => makeCase(subject, makeKey(seed), seed, batch)),
    simpler: (sample) => simplerCases(subject, sample),
    code: (sample, call) => caseCode(subject, setUp, sample, call),
  }
  return subject
}
