import { associative } from "./associative.ts"
import { blockSums } from "./blockSums.ts"
import { type CombinatorLaw, measuring } from "./CombinatorSubject.ts"
import { invertSwaps } from "./invertSwaps.ts"
import { logDetsAdd } from "./logDetsAdd.ts"
import { unit } from "./unit.ts"

/** Every law about combinators, for pairs of layers that fit together, once for each precision. */
export const combinatorLaws: ReadonlyArray<CombinatorLaw> = [
  associative,
  logDetsAdd,
  invertSwaps,
  unit,
  blockSums,
].flatMap(measuring)
