/**
 * What ONNX Runtime's two packages have in common, as far as it is used here.
 */
import type { BackendError } from "@pushforward/core"
import type { Effect } from "effect"
import type {
  InferenceSession,
  InferenceSessionFactory,
  Tensor,
  TensorConstructor,
} from "onnxruntime-common"

/** `onnxruntime-node` or `onnxruntime-web`. */
export interface Engine {
  readonly InferenceSession: InferenceSessionFactory
  readonly Tensor: TensorConstructor
}

/** Tensors by the names that they have in a model. */
export type NamedTensors = Readonly<Record<string, Tensor>>

/** Calls a session. `places`: where each output is to be put, `null` for tensors of its own. Default: all of their own. */
export type Call = (
  feeds: NamedTensors,
  places?: InferenceSession.FetchesType,
) => Effect.Effect<NamedTensors, BackendError>

/** How sessions are opened. */
export interface SessionChoices {
  /** Threads of one operation. Default: one, or one for each core when the products of a call are large. */
  readonly threads?: number
}

/**
 * Floating-point operations in products, from which on threads pay. Below, they wait for each other longer than they
 * compute; see the README for what was measured.
 */
const largeWork = 5e8

/** The options of a session for a graph of this much work. */
export const sessionOptions = (
  { threads }: SessionChoices,
  work: number,
  cores: number,
): InferenceSession.SessionOptions => ({
  intraOpNumThreads: threads ?? (work >= largeWork ? cores : 1),
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  enableCpuMemArena: true,
  enableMemPattern: true,
  logSeverityLevel: 3,
})
