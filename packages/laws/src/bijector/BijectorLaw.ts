import type { Law } from "../Law.ts"
import type { BijectorCase } from "./BijectorCase.ts"
import type { BijectorSubject } from "./BijectorSubject.ts"

/** A law about bijectors. */
export type BijectorLaw = Law<BijectorSubject, BijectorCase>
