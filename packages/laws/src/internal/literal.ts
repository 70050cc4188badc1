import type { Shape } from "@pushforward/core"

/** The shortest decimal that float32 reads as the same number. */
const shortest = (x: number): string => {
  if (!Number.isFinite(x)) return x > 0 ? "Infinity" : x < 0 ? "-Infinity" : "NaN"
  for (let precision = 1; precision < 9; precision++) {
    const candidate = Number(x.toPrecision(precision))
    if (Math.fround(candidate) === Math.fround(x)) return String(candidate)
  }
  return String(x)
}

/** A tensor as code. */
export const tensorLiteral = (values: ArrayLike<number>, shape: Shape): string =>
  `tf.tensor([${Array.from(values, shortest).join(", ")}], [${shape.join(", ")}])`

/** A JSON value as code. */
export const jsonLiteral = (value: unknown): string => JSON.stringify(value)
