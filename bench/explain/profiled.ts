/**
 * ONNX Runtime's own profiler.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { InferenceSession } from "onnxruntime-node"

/** One run of one kernel. */
export interface KernelRun {
  /** The node of the graph that it computes. */
  readonly node: string
  readonly op: string
  readonly microseconds: number
  readonly inputs: ReadonlyArray<ReadonlyArray<number>>
  readonly outputs: ReadonlyArray<ReadonlyArray<number>>
}

interface TraceEvent {
  readonly cat: string
  readonly name: string
  readonly dur: number
  readonly args: {
    readonly op_name: string
    readonly input_type_shape: ReadonlyArray<Readonly<Record<string, ReadonlyArray<number>>>>
    readonly output_type_shape: ReadonlyArray<Readonly<Record<string, ReadonlyArray<number>>>>
  }
}

const kernelRuns = (file: string): ReadonlyArray<KernelRun> =>
  (JSON.parse(readFileSync(file, "utf8")) as ReadonlyArray<TraceEvent>)
    .filter(({ cat }) => cat === "Node")
    .map(({ name, dur, args }) => ({
      node: name,
      op: args.op_name,
      microseconds: dur,
      inputs: args.input_type_shape.flatMap(Object.values),
      outputs: args.output_type_shape.flatMap(Object.values),
    }))

/** Where sessions that are opened now note their kernels. */
let prefix: (() => string) | undefined

// Backends have no such option; the class by which they open sessions is one for the whole process.
const create = InferenceSession.create.bind(InferenceSession)
Object.assign(InferenceSession, {
  create: (model: Uint8Array, options: InferenceSession.SessionOptions) =>
    create(model, {
      ...options,
      ...(prefix && { enableProfiling: true, profileFilePrefix: prefix() }),
    }),
})

/**
 * The kernels that `work` runs, for each session that it opens, in their order. It must also close them: that is when
 * ONNX Runtime writes what it noted.
 */
export const profiled = async (
  work: () => Promise<unknown>,
): Promise<ReadonlyArray<ReadonlyArray<KernelRun>>> => {
  const folder = mkdtempSync(join(tmpdir(), "pushforward-profile-"))
  let opened = 0
  prefix = () => join(folder, `${String(opened++).padStart(3, "0")}-`)
  try {
    await work()
    return readdirSync(folder)
      .toSorted()
      .map((file) => kernelRuns(join(folder, file)))
  } finally {
    prefix = undefined
    rmSync(folder, { recursive: true })
  }
}
