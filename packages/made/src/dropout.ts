import { foldKey, makeKey, type Site, sizeOf, uniformValues } from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"

/** What becomes of the activations of hidden layer `layer`. */
export type Drop = (h: tf.Tensor, layer: number) => tf.Tensor

/**
 * Dropout: sets a share `rate` of the activations to zero, each row's by itself, and scales up the others.
 *
 * **Details**
 *
 * - `h / (1 − rate)` where `{k a + l b} ≥ rate`, else 0: `k` and `l` are the two numbers of the step, `a` and `b` fixed ones
 *   of each row and unit, and `{·}` the fractional part. So a step stays a pure function of its inputs
 * - Source: Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15 (2014)
 */
export const dropout = (
  rate: number,
  seed: number,
  noise: tf.Tensor,
  { path = [] }: Site,
): Drop => {
  const key = foldKey(makeKey(seed), path.join("/"))
  // So many turns that rows and units lose sight of each other, so few that a float32 still has eleven bits below one.
  const [k, l] = tf.unstack(tf.mul(noise, 2 ** 12)) as [tf.Tensor, tf.Tensor]
  return (h, layer) => {
    const places = (name: string): tf.Tensor =>
      tf.tensor(uniformValues(foldKey(foldKey(key, layer), name), sizeOf(h.shape)), h.shape)
    const turned = tf.add(tf.mul(places("a"), k), tf.mul(places("b"), l))
    const kept = tf.greaterEqual(tf.sub(turned, tf.floor(turned)), rate)
    return tf.mul(h, tf.div(tf.cast(kept, "float32"), 1 - rate))
  }
}

/** The dropout of a site: none outside training, and none where the trainer leaves nothing to chance. */
export const dropoutAt = (rate: number, seed: number, site: Site | undefined): Drop =>
  site?.mode === "train" && site.noise && rate > 0
    ? dropout(rate, seed, site.noise, site)
    : (h) => h
