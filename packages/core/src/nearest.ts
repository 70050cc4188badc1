import { closest, distance } from "fastest-levenshtein"

/**
 * The known word nearest to a misspelt one, for "Did you mean …?"; `undefined` when none is near.
 *
 * ```ts
 * import { nearest } from "@pushforward/core"
 *
 * nearest("sofplus", ["softplus", "exp"]) // => "softplus"
 * ```
 */
export const nearest = (word: string, known: ReadonlyArray<string>): string | undefined => {
  if (known.length === 0) return undefined
  const best = closest(word, [...known])
  return distance(word, best) <= Math.max(2, Math.floor(best.length / 2)) ? best : undefined
}
