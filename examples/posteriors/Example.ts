import type { ParameterDeclarations, Named } from "@pushforward/distributions"
import type { Posterior, Rows } from "@pushforward/training"

/** A posterior with a reference: `quantities` are what posteriordb has draws of, element by element. */
export interface Example<P extends ParameterDeclarations> {
  readonly name: string
  readonly posterior: Posterior<P>
  readonly quantities: (draws: Named<P, Rows>) => Readonly<Record<string, ArrayLike<number>>>
  /** Mean and standard deviation of 10,000 draws by Stan, by quantity. */
  readonly reference: Readonly<Record<string, ReadonlyArray<number>>>
}

/** Helps the compiler to find `P`. */
export const example = <const P extends ParameterDeclarations>(of: Example<P>): Example<P> => of

/** A vector of parameters, element by element: `beta[1]`, `beta[2]`, …. */
export const elements = (
  name: string,
  { values, shape }: Rows,
): Readonly<Record<string, Float32Array>> => {
  const [count, width] = shape as readonly [number, number]
  return Object.fromEntries(
    Array.from({ length: width }, (_, j) => [
      `${name}[${j + 1}]`,
      Float32Array.from({ length: count }, (__, i) => values[i * width + j]!),
    ]),
  )
}
