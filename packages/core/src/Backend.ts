/**
 * A backend: what runs pure tensor functions. Training, scoring and sampling see only this.
 */
import type { Tensor } from "@tensorflow/tfjs-core"
import { Context, type Effect, type Scope } from "effect"
import type { BackendError } from "./errors.ts"
import type { PartialShape, Shape } from "./Shape.ts"

/** Numbers outside any engine: what goes in and what comes out. */
export type HostTensor =
  | { readonly shape: Shape; readonly dtype: "float32"; readonly values: Float32Array }
  | { readonly shape: Shape; readonly dtype: "int32"; readonly values: Int32Array }

/** What a compiled function will be called with; `null` sizes may change from call to call. */
export interface TensorSpec {
  readonly shape: PartialShape
  readonly dtype: HostTensor["dtype"]
}

/** A pure function of tensors: no reads, no randomness, nothing kept. It may be differentiated and traced. */
export type TensorFunction = (inputs: ReadonlyArray<Tensor>) => ReadonlyArray<Tensor>

/** A function made ready by a backend. */
export interface Compiled {
  readonly run: (
    inputs: ReadonlyArray<HostTensor>,
  ) => Effect.Effect<ReadonlyArray<HostTensor>, BackendError>
}

/**
 * A step that carries state, as in `scan`: `(carry, resident, inputs)` to the next carry and what to report.
 */
export type StepFunction = (
  carry: ReadonlyArray<Tensor>,
  resident: ReadonlyArray<Tensor>,
  inputs: ReadonlyArray<Tensor>,
) => { readonly carry: ReadonlyArray<Tensor>; readonly outputs: ReadonlyArray<Tensor> }

/** What a {@link StepFunction} starts from, what stays put beside it, and what one step takes. */
export interface LoopProgram {
  readonly carry: ReadonlyArray<HostTensor>
  readonly resident: ReadonlyArray<HostTensor>
  readonly inputs: ReadonlyArray<TensorSpec>
}

/**
 * A loop whose state stays in the engine between calls.
 *
 * **Details**
 *
 * - `run(inputs)`: every input has a leading axis of K; does K steps; outputs come back with that axis. Between steps the
 *   event loop stays free; interruption stops after the step at hand and keeps its carry
 * - A backend may stop after a step whose first output is not finite: outputs are then shorter than K
 * - `carry`: reads the state back
 */
export interface Loop {
  readonly run: (
    inputs: ReadonlyArray<HostTensor>,
  ) => Effect.Effect<ReadonlyArray<HostTensor>, BackendError>
  readonly carry: Effect.Effect<ReadonlyArray<HostTensor>, BackendError>
}

/** What a backend offers. Whatever it holds is released with the scope. */
export interface BackendShape {
  readonly name: string
  readonly compile: (
    f: TensorFunction,
    inputs: ReadonlyArray<TensorSpec>,
  ) => Effect.Effect<Compiled, BackendError, Scope.Scope>
  readonly loop: (
    step: StepFunction,
    program: LoopProgram,
  ) => Effect.Effect<Loop, BackendError, Scope.Scope>
}

/**
 * The backend as a service.
 *
 * @category services
 */
export class Backend extends Context.Service<Backend, BackendShape>()(
  "@pushforward/core/Backend",
) {}
