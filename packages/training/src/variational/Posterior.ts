import type { Named, ParameterDeclarations } from "@pushforward/distributions"
import type * as tf from "@tensorflow/tfjs-core"

/**
 * A posterior known up to a constant: its parameters, and the logarithm of its density in their own units.
 *
 * **Details**
 *
 * - `logDensity`: a pure function of tensors, each `[samples, ...shape]`, to `[samples]`, in nats; it may leave out
 *   constants, and it leaves out every Jacobian: bounds are the declaration's affair
 * - It is differentiated and compiled: no reads, no randomness; data are arrays or tensors made inside
 *
 * @category models
 */
export interface Posterior<P extends ParameterDeclarations = ParameterDeclarations> {
  readonly parameters: P
  readonly logDensity: (parameters: Named<P, tf.Tensor>) => tf.Tensor
}
