const bits = new DataView(new ArrayBuffer(8))

/**
 * The natural logarithm of a positive normal float64 by `+ - * /` alone, so that every platform gives the same bits;
 * `Math.log` may differ in the last place. `log x = k log 2 + 2 atanh((m − 1)/(m + 1))`, `x = 2ᵏ m`, `m` in [√½, √2).
 */
export const logOfPositive = (x: number): number => {
  bits.setFloat64(0, x)
  const high = bits.getUint32(0)
  bits.setUint32(0, (high & 0x000fffff) | 0x3ff00000)
  let mantissa = bits.getFloat64(0)
  let exponent = (high >>> 20) - 1023
  if (mantissa > Math.SQRT2) {
    mantissa /= 2
    exponent += 1
  }
  const s = (mantissa - 1) / (mantissa + 1)
  const z = s * s
  // 2 atanh(s) = 2 (s + s³/3 + s⁵/5 + …); |s| < 0.172, so 11 terms leave less than 1e-18.
  let series = 0
  for (let n = 21; n >= 1; n -= 2) series = series * z + 1 / n
  return exponent * Math.LN2 + 2 * s * series
}
