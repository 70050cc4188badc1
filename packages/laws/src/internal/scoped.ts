import * as tf from "@tensorflow/tfjs-core"

/** Runs `f` in a tidy scope and gives back what it computed, which must hold no tensors. */
export const scoped = <A>(f: () => A): A => {
  let result: { readonly value: A } | undefined
  tf.tidy(() => {
    result = { value: f() }
  })
  return result!.value
}
