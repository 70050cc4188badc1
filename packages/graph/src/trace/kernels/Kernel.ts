/**
 * How a TensorFlow.js kernel is written down as nodes.
 */
import type { Node } from "../../Graph.ts"

/** A kernel's inputs, with nodes for tensors. */
export type NodesOf<Inputs> = { readonly [K in keyof Inputs]: Node }

/**
 * One kernel: the nodes of its results, from the nodes of its inputs and its attributes. A kernel that is composed of
 * several operations is lowered here, so that graphs need only a few.
 */
export type Kernel = (inputs: never, attributes: never) => Node | ReadonlyArray<Node>

/** A kernel with the types that TensorFlow.js gives its inputs and attributes. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- callers name both types
export const kernel = <Inputs, Attributes = object>(
  lower: (inputs: NodesOf<Inputs>, attributes: Attributes) => Node | ReadonlyArray<Node>,
): Kernel => lower

/** Kernels by TensorFlow.js' names. */
export type Kernels = Readonly<Record<string, Kernel>>
