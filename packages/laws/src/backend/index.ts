import type { BackendLaw, BackendSubject } from "./BackendSubject.ts"
import { compiles } from "./compiles.ts"
import { dynamicBatch } from "./dynamicBatch.ts"
import { fails } from "./fails.ts"
import { interrupts } from "./interrupts.ts"
import { loops } from "./loops.ts"
import { nothingLeft } from "./nothingLeft.ts"

/** Every law about a backend: the conformance suite, the same for all. */
export const backendLaws = (subject: BackendSubject): ReadonlyArray<BackendLaw> => [
  compiles,
  dynamicBatch,
  loops,
  interrupts,
  fails,
  nothingLeft(subject),
]
