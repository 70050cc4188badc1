/**
 * A backend as the laws see it: how to open one, and what judges it.
 */
import type { Backend, BackendError, BackendShape, HostTensor } from "@pushforward/core"
import type { Effect, Layer } from "effect"
import type { Grade, Measurement } from "../Law.ts"

/**
 * A backend under law.
 *
 * **Details**
 *
 * - `layer`: provides it
 * - `reference`: provides the backend that says what is right, such as the plain cpu one
 * - `tensorCount`: the number of tensors alive in its engine, where that can be told
 *
 * @category models
 */
export interface BackendSubject {
  readonly name: string
  readonly layer: Layer.Layer<Backend, BackendError>
  readonly reference: Layer.Layer<Backend, BackendError>
  readonly tensorCount?: () => number
}

/** What a backend law is given: both backends, opened, and values drawn for it. */
export interface BackendCase {
  readonly backend: BackendShape
  readonly reference: BackendShape
  /** Float32 numbers between -2 and 2. */
  readonly draw: (name: string, shape: ReadonlyArray<number>) => HostTensor
}

/**
 * A law about backends. Its check is an Effect: engines answer asynchronously.
 *
 * @category models
 */
export interface BackendLaw {
  readonly name: string
  readonly grade: Grade
  readonly statement: string
  readonly check: (sample: BackendCase) => Effect.Effect<Measurement, BackendError>
}
