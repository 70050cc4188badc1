const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)

/**
 * The standard normal distribution function on the host, in float64.
 *
 * - `Φ(x) = ½ + φ(x) Σₖ x^(2k+1)/(1·3·5 ⋯ (2k+1))`; beyond ±4 the tail by Laplace's continued fraction
 *   `φ(x)/(x + 1/(x + 2/(x + ⋯)))`
 * - Source: Marsaglia, "Evaluating the Normal Distribution", Journal of Statistical Software 11, 2004
 */
export const standardNormalCdf = (x: number): number => {
  if (Number.isNaN(x)) return NaN
  const size = Math.abs(x)
  if (size === Infinity) return x > 0 ? 1 : 0
  if (size > 4) {
    let fraction = size
    for (let k = 60; k > 0; k--) fraction = size + k / fraction
    const tail = density(size) / fraction
    return x > 0 ? 1 - tail : tail
  }
  let [sum, term] = [x, x]
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
    term *= (x * x) / (2 * k + 1)
    sum += term
  }
  return 0.5 + density(x) * sum
}
