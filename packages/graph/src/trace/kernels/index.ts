/**
 * Every TensorFlow.js kernel that can be traced, and the error for the others.
 */
import * as tf from "@tensorflow/tfjs-core"
import type { Node } from "../../Graph.ts"
import { GraphError } from "../../GraphError.ts"
import { callSite, showSite } from "../callSite.ts"
import { type TraceBackend, traceBackendName } from "../TraceBackend.ts"
import { activations } from "./activations.ts"
import { convolutions } from "./convolutions.ts"
import { elementwise } from "./elementwise.ts"
import { indexing } from "./indexing.ts"
import type { Kernel, Kernels } from "./Kernel.ts"
import { linearAlgebra } from "./linearAlgebra.ts"
import { reductions } from "./reductions.ts"
import { scans } from "./scan.ts"
import { shapes } from "./shapes.ts"

/** What can be traced. */
export const kernels: Kernels = {
  ...elementwise,
  ...activations,
  ...reductions,
  ...shapes,
  ...indexing,
  ...linearAlgebra,
  ...convolutions,
  ...scans,
}

/** The error for a kernel that is not covered. */
export const uncovered = (name: string, site: string | undefined): GraphError =>
  new GraphError(
    `trace: the TensorFlow.js kernel "${name}" was called${showSite(site)} but it cannot be traced. ` +
      `Write the function with other operations, keep this part outside, or add the kernel to ` +
      `@pushforward/graph (src/trace/kernels).`,
  )

type Call = Parameters<tf.KernelFunc>[0]

/** Names the kernel and the caller where its inputs do not fit together. */
const lowerAt = (
  name: string,
  lower: Kernel,
  nodes: unknown,
  attributes: unknown,
): ReturnType<Kernel> => {
  try {
    return lower(nodes as never, attributes as never)
  } catch (error) {
    if (!(error instanceof GraphError)) throw error
    throw new GraphError(`trace: ${name}${showSite(callSite())} fails: ${error.message}`, {
      cause: error,
    })
  }
}

const run =
  (kernelName: string, lower: Kernel): tf.KernelFunc =>
  ({ inputs, attrs, backend }: Call) => {
    const recorder = backend as TraceBackend
    const node = (info: tf.TensorInfo): Node => recorder.nodeOf(info)
    const nodes = Array.isArray(inputs)
      ? (inputs as ReadonlyArray<tf.TensorInfo>).map(node)
      : Object.fromEntries(
          Object.entries(inputs).flatMap(([name, info]) =>
            // Optional inputs are present and empty.
            info ? [[name, node(info)]] : [],
          ),
        )
    const result = lowerAt(kernelName, lower, nodes, attrs ?? {})
    return isList(result) ? result.map((each) => recorder.hold(each)) : recorder.hold(result)
  }

const isList = (result: Node | ReadonlyArray<Node>): result is ReadonlyArray<Node> =>
  Array.isArray(result)

/** A loop that is recorded once has no tape of its steps. */
const scanGradient: tf.GradConfig = {
  kernelName: "Scan",
  gradFunc: () => {
    throw new GraphError(
      `trace: the gradient of a scan was asked for${showSite(callSite())} but a scan has none while it is traced. ` +
        `Give the gradient yourself, with tf.customGrad around the function that scans, or write the steps one by one.`,
    )
  },
}

/** Registers the kernels with TensorFlow.js, once per process. */
export const registerTraceKernels = (): void => {
  if (tf.getKernel("Identity", traceBackendName)) return
  for (const [kernelName, lower] of Object.entries(kernels)) {
    tf.registerKernel({
      kernelName,
      backendName: traceBackendName,
      kernelFunc: run(kernelName, lower),
    })
  }
  tf.registerGradient(scanGradient)
}
