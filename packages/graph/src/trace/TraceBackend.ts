/**
 * The TensorFlow.js backend whose kernels record instead of compute.
 */
import { showShape, sizeOf } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { showSizes } from "../dynamicSize.ts"
import { type DType, makeNode, type Node } from "../Graph.ts"
import { GraphError } from "../GraphError.ts"
import { callSite, showSite } from "./callSite.ts"

/** The name under which the kernels are registered. */
export const traceBackendName = "pushforward-trace"

interface Entry {
  readonly node: Node
  references: number
}

/** How a {@link TraceBackend} records. */
export interface RecordOptions {
  /** The float64 numbers behind a constant, if they are known. */
  readonly numbersBehind?: (values: ArrayLike<number>) => ArrayLike<number> | undefined
  /** The number that stands for the batch size, for messages. */
  readonly dynamic?: number
  /** Remember where every node was made: slow, for error messages only. */
  readonly locate?: boolean
}

const requireDType = (dtype: tf.DataType): DType => {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype
  throw new GraphError(
    `trace: expected tensors of float32, int32 or bool, got one of ${dtype}${showSite(callSite())} ` +
      `which graphs do not have. Keep it outside the traced function.`,
  )
}

/** A copy: the caller may change the array that it passed. */
const copied = (given: ArrayLike<number>, dtype: DType): ArrayLike<number> => {
  if (given instanceof Float32Array || given instanceof Int32Array) return given.slice()
  return dtype === "float32" ? Float64Array.from(given) : Int32Array.from(given, Number)
}

/** A constant with the given values; one that is the same everywhere is stored as one number. */
const constantOf = (given: ArrayLike<number>, shape: ReadonlyArray<number>, dtype: DType): Node => {
  const first = given[0]
  let same = given.length > 0
  for (let i = 1; same && i < given.length; i++) same = Object.is(given[i], first)
  const values = same ? [Number(first)] : copied(given, dtype)
  return makeNode("Constant", [], { values, shape: [...shape], dtype })
}

/** Holds what every tensor made during one trace stands for. */
export class TraceBackend extends tf.KernelBackend {
  readonly #entries = new Map<object, Entry>()
  readonly #outside = new WeakMap<object, Node>()
  readonly #sites = new WeakMap<Node, string>()
  readonly #options: RecordOptions
  /** What went wrong in a read that could not be told by throwing. */
  failure: GraphError | undefined

  constructor(options: RecordOptions = {}) {
    super()
    this.#options = options
  }

  /** The node that a tensor stands for; a tensor of another backend becomes a constant, and stays where it is. */
  nodeOf(info: tf.TensorInfo): Node {
    const own = this.#entries.get(info.dataId)
    if (own) return own.node
    const known = this.#outside.get(info.dataId)
    if (known) return known
    const dtype = requireDType(info.dtype)
    let values: ArrayLike<number>
    try {
      values = tf.engine().readSync(info.dataId) as Float32Array
    } catch (cause) {
      throw new GraphError(
        `trace: the function uses a tensor of shape ${showShape(info.shape)} from outside${showSite(callSite())} ` +
          `whose values cannot be read. Keep it undisposed until the trace is done, or pass it as an input.`,
        { cause },
      )
    }
    const node = constantOf(values, info.shape, dtype)
    this.#outside.set(info.dataId, node)
    return node
  }

  /** A handle for a node, as TensorFlow.js wants it. */
  hold(node: Node): tf.TensorInfo {
    const dataId = {}
    this.#entries.set(dataId, { node, references: 1 })
    if (this.#options.locate === true && !this.#sites.has(node)) {
      const site = callSite()
      if (site !== undefined) this.#sites.set(node, site)
    }
    return { dataId, shape: [...node.shape], dtype: node.dtype }
  }

  /** Where a node was made, when sites are kept. */
  siteOf(node: Node): string | undefined {
    return this.#sites.get(node)
  }

  override write(values: tf.BackendValues, shape: Array<number>, dtype: tf.DataType): object {
    const given = values as unknown as ArrayLike<number>
    const exact = this.#options.numbersBehind?.(given) ?? given
    return this.hold(constantOf(exact, shape, requireDType(dtype))).dataId
  }

  override readSync(dataId: object): tf.BackendValues {
    const node = this.#entries.get(dataId)?.node
    // What the function itself wrote is known.
    if (node?.op === "Constant") {
      const { values, shape, dtype } = (node as Node<"Constant">).attributes
      const size = sizeOf(shape)
      const full =
        values.length === size ? Array.from(values) : Array.from({ length: size }, () => values[0]!)
      return dtype === "float32" ? new Float32Array(full) : new Int32Array(full)
    }
    throw this.#readError(node)
  }

  override read(dataId: object): Promise<tf.BackendValues> {
    const node = this.#entries.get(dataId)?.node
    if (node?.op === "Constant") return Promise.resolve(this.readSync(dataId))
    // Nobody may be waiting for the promise, and a rejection without a listener ends the process: tell it at the end.
    this.failure ??= this.#readError(node)
    return new Promise(() => {})
  }

  #readError(node: Node | undefined): GraphError {
    const what = node
      ? `a tensor of shape ${showSizes(node.shape, this.#options.dynamic)}, made by ${node.op},`
      : "a tensor"
    return new GraphError(
      `trace: the values of ${what} were read (dataSync, data, arraySync, array or print)${showSite(callSite())} ` +
        `but they are not known while a function is traced. Compute with tensor operations (tf.where instead of if), ` +
        `or pass the number as an input.`,
    )
  }

  override disposeData(dataId: object, force = false): boolean {
    const entry = this.#entries.get(dataId)
    if (entry === undefined) return true
    entry.references -= 1
    if (!force && entry.references > 0) return false
    this.#entries.delete(dataId)
    return true
  }

  disposeIntermediateTensorInfo({ dataId }: tf.TensorInfo): void {
    this.disposeData(dataId)
  }

  override refCount(dataId: object): number {
    return this.#entries.get(dataId)?.references ?? 0
  }

  override incRef(dataId: object): void {
    const entry = this.#entries.get(dataId)
    if (entry) entry.references += 1
  }

  override numDataIds(): number {
    return this.#entries.size
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false }
  }

  override timerAvailable(): boolean {
    return false
  }

  override floatPrecision(): 32 {
    return 32
  }

  override dispose(): void {
    this.#entries.clear()
  }
}
