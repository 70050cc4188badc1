/**
 * Runs a function on the recording backend, and leaves the engine as it was.
 */
import { showShape, type TensorFunction } from "@pushforward/core"
import { registerGradients } from "@pushforward/core/gradients"
import * as tf from "@tensorflow/tfjs-core"
import { makeNode, type Node, nodesOf, type OpAttributes } from "../Graph.ts"
import { GraphError } from "../GraphError.ts"
import { callSiteOf } from "./callSite.ts"
import { registerTraceKernels, uncovered } from "./kernels/index.ts"
import { type RecordOptions, TraceBackend, traceBackendName } from "./TraceBackend.ts"

/** What a function did, for inputs of fixed sizes. */
export interface Recording {
  readonly inputs: ReadonlyArray<Node<"Input">>
  readonly outputs: ReadonlyArray<Node>
  /** Where in the caller's code a node was made, if that was asked for. */
  readonly siteOf: (node: Node) => string | undefined
}

/** The parts of the engine that have no public setter. */
interface EngineInside {
  backendName?: string | null
  keep?: (tensor: tf.Tensor) => tf.Tensor
}

/** Runs `f` while tensors that escape its scopes are noted, and frees those. */
const freeingKept = <A>(f: () => A): A => {
  const engine = tf.engine()
  const inside = engine as unknown as EngineInside
  const kept: Array<tf.Tensor> = []
  const keep = engine.keep.bind(engine)
  // When a gradient throws, TensorFlow.js forgets the tensors that it kept for the way back.
  inside.keep = (tensor) => {
    if (!tensor.kept) kept.push(tensor)
    return keep(tensor)
  }
  try {
    return f()
  } finally {
    delete inside.keep
    for (const tensor of kept) tensor.dispose()
  }
}

/** Runs `f` with `backend` as TensorFlow.js' backend, and selects the one before it again. */
const onBackend = <A>(backend: TraceBackend, f: () => A): A => {
  const engine = tf.engine()
  const { backendName: before } = engine as unknown as EngineInside
  if (before === traceBackendName) {
    throw new GraphError(
      "trace: called while another function is traced. Trace one after the other.",
    )
  }
  const limit = Error.stackTraceLimit
  tf.registerBackend(traceBackendName, () => backend, 0)
  try {
    // Both calls take effect at once: the backends are there already.
    void tf.setBackend(traceBackendName)
    Error.stackTraceLimit = 100
    return f()
  } finally {
    Error.stackTraceLimit = limit
    if (before) void tf.setBackend(before)
    tf.removeBackend(traceBackendName)
  }
}

const explain = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  const [, name] = /^Kernel '(.*)' not registered for backend/.exec(error.message) ?? []
  return name === undefined ? error : uncovered(name, callSiteOf(error.stack))
}

const requireTensors = (results: unknown): ReadonlyArray<tf.Tensor> => {
  if (Array.isArray(results) && results.every((result) => result instanceof tf.Tensor))
    return results
  const got =
    results instanceof Promise
      ? "a promise"
      : Array.isArray(results)
        ? "other values among them"
        : typeof results
  throw new GraphError(
    `trace: expected a function that returns an array of tensors, got ${got}. ` +
      `Return [tensor, ...] from a plain synchronous function.`,
  )
}

/** What stands for a row or a carried tensor means nothing outside of its loop. */
const requireOwnInputs = (
  inputs: ReadonlyArray<Node<"Input">>,
  outputs: ReadonlyArray<Node>,
): void => {
  const foreign = nodesOf({ inputs, outputs }).find(
    (node) => node.op === "Input" && !inputs.includes(node),
  )
  if (foreign === undefined) return
  throw new GraphError(
    `trace: a tensor that the step of a scan was given or made, of shape ${showShape(foreign.shape)}, is used outside ` +
      `of the step. Return it as the step's output, or carry it.`,
  )
}

/** Records one run of `f` on inputs of these shapes. Nothing of it stays in the engine, also when `f` throws. */
export const record = (
  f: TensorFunction,
  inputs: ReadonlyArray<OpAttributes["Input"]>,
  options: RecordOptions,
): Recording => {
  registerGradients()
  registerTraceKernels()
  const backend = new TraceBackend(options)
  const nodes = inputs.map((input) => makeNode("Input", [], input))
  let outputs: ReadonlyArray<Node> = []
  try {
    onBackend(backend, () =>
      freeingKept(() =>
        tf.tidy(() => {
          const tensors = nodes.map((node) =>
            tf.engine().makeTensorFromTensorInfo(backend.hold(node), backend),
          )
          const results = requireTensors(f(tensors))
          outputs = results.map((result) => backend.nodeOf(result))
        }),
      ),
    )
  } catch (error) {
    throw backend.failure ?? explain(error)
  }
  if (backend.failure) throw backend.failure
  requireOwnInputs(nodes, outputs)
  return { inputs: nodes, outputs, siteOf: (node) => backend.siteOf(node) }
}
