/** At most `most` of the indices 0..n-1, evenly spread: the same ones each time. */
export const thin = (n: number, most: number): Array<number> => {
  const kept = Math.min(n, most)
  return Array.from({ length: kept }, (_, i) => Math.floor((i * n) / kept))
}
