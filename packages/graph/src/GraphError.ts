/**
 * A function that cannot be traced, or a graph that does not fit together: which operation, where, and the mend.
 *
 * @category errors
 */
export class GraphError extends Error {
  readonly _tag = "GraphError"
  override readonly name = "GraphError"
}
