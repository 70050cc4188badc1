/**
 * The float64 numbers behind TensorFlow.js' float32 constants.
 */

/** Knows what a `Float32Array` was made from, as long as it is watched. */
export interface WrittenNumbers {
  /** The numbers that `values` rounds, if they are known and were not changed since. */
  readonly of: (values: ArrayLike<number>) => ArrayLike<number> | undefined
  readonly stop: () => void
}

/**
 * Watches `new Float32Array(numbers)` until stopped.
 *
 * TensorFlow.js rounds every number that a function mentions (`tf.mul(x, 0.1)`) as soon as it becomes a tensor, before
 * any backend sees it, with no hook but the constructor. The float64 judge needs the number that was written.
 */
export const watchWrittenNumbers = (): WrittenNumbers => {
  const original = globalThis.Float32Array
  const sources = new WeakMap<object, ArrayLike<number>>()
  const watching = new Proxy(original, {
    construct: (target, args: ReadonlyArray<unknown>, newTarget) => {
      const made = Reflect.construct(
        target,
        args,
        newTarget === watching ? target : newTarget,
      ) as Float32Array
      const [source] = args
      if (Array.isArray(source) || source instanceof Float64Array) sources.set(made, source)
      return made
    },
  })
  globalThis.Float32Array = watching
  return {
    of: (values) => {
      const source = sources.get(values)
      if (source === undefined) return undefined
      for (let i = 0; i < values.length; i++) {
        if (!Object.is(Math.fround(source[i]!), values[i])) return undefined
      }
      return source
    },
    stop: () => {
      globalThis.Float32Array = original
    },
  }
}
