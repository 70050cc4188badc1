/** A layer's mask as `[inputs, outputs]` rows of 0 and 1. */
export type Mask = ReadonlyArray<ReadonlyArray<number>>

/** The masks of a MADE of `size` inputs and two outputs for each, from degrees that go round: arXiv:1502.03509, §3. */
export const madeMasks = (size: number, hidden: ReadonlyArray<number>): ReadonlyArray<Mask> => {
  const inputs = Array.from({ length: size }, (_, i) => i + 1)
  const degrees = [
    inputs,
    ...hidden.map((units) => Array.from({ length: units }, (_, k) => (k % (size - 1)) + 1)),
  ]
  const between = degrees
    .slice(1)
    .map((to, l) => degrees[l]!.map((from) => to.map((degree) => Number(degree >= from))))
  const last = degrees
    .at(-1)!
    .map((from) => [...inputs, ...inputs].map((degree) => Number(degree > from)))
  return [...between, last]
}
