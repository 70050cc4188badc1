import { distance as editDistance } from "fastest-levenshtein"

const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "")

/**
 * The name someone most likely meant, or `undefined` when none is near.
 *
 * Case and punctuation do not count; a name that begins with the other is near (`lat`, `latitude`);
 * otherwise at most one edit per three letters.
 */
export const nearestName = (wanted: string, names: ReadonlyArray<string>): string | undefined => {
  const target = plain(wanted).slice(0, 64)
  let best: string | undefined
  let bestDistance = Infinity
  for (const name of names) {
    const candidate = plain(name).slice(0, 64)
    const prefix =
      Math.min(target.length, candidate.length) >= 2 &&
      (candidate.startsWith(target) || target.startsWith(candidate))
    const edits = editDistance(target, candidate)
    const near = edits <= Math.max(1, Math.floor(target.length / 3))
    const distance = prefix ? Math.min(edits, 0.5) : edits
    if ((prefix || near) && distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best
}
