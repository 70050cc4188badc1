import { associative } from "./associative.ts"
import { blockSums } from "./blockSums.ts"
import type { CombinatorLaw } from "./CombinatorSubject.ts"
import { invertSwaps } from "./invertSwaps.ts"
import { logDetsAdd } from "./logDetsAdd.ts"
import { unit } from "./unit.ts"

/** Every law about combinators, for pairs of layers that fit together. */
export const combinatorLaws: ReadonlyArray<CombinatorLaw> = [
  associative,
  logDetsAdd,
  invertSwaps,
  unit,
  blockSums,
]
