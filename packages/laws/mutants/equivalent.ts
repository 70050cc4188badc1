/**
 * Mutants that are right: the change makes no difference there. Each with its reason; the check fails when one of them
 * is caught after all, so the list cannot rot.
 */
export interface Equivalent {
  readonly mutant: string
  /** Whether a subject's name is meant. */
  readonly of: RegExp
  readonly reason: string
}

/** Log-det zero everywhere: identities, reorderings, rearrangements. */
const preserving =
  /^\{"_tag":"(permute|reverse|fill-triangular)"|^\{"_tag":"invert","bijector":\{"_tag":"fill-triangular"|^[^.]*"_tag":"chain","layers":\[\]/

const identity = /"layers":\[\]/

/** Log-det the same for every input: affine maps. */
const constant = /^\{"_tag":"(affine|scale-tril|batch-norm|block","bijector":\{"_tag":"scale-tril|stack","bijectors":\[\{"_tag":"scale-tril)"/

/** Initial parameters that are numbers, not draws. */
const deterministic =
  /^\{"_tag":"(affine|scale-tril|batch-norm|chain","layers":\[\{"_tag":"affine|block|concat|stack)"/

export const equivalent: ReadonlyArray<Equivalent> = [
  ...[
    "forward log-det with the wrong sign",
    "inverse log-det with the wrong sign",
    "both log-dets with the wrong sign",
    "both log-dets zero",
    "both log-dets halved",
    "log-det averaged over the event, not summed",
    "forward log-det evaluated at the output",
    "rows leak into each other's log-det",
    "log-det cut off from the input's gradient",
  ].map((mutant) => ({ mutant, of: preserving, reason: "the log-det is zero everywhere" })),
  ...[
    "forward log-det evaluated at the output",
    "log-det cut off from the input's gradient",
    "rows leak into each other's log-det",
  ].map((mutant) => ({ mutant, of: constant, reason: "the log-det is the same for every input" })),
  ...["forward and inverse swapped", "inverse does what forward does"].map((mutant) => ({
    mutant,
    of: new RegExp(`${identity.source}|^\\{"_tag":"reverse"`),
    reason: "it is its own inverse",
  })),
  {
    mutant: "initial parameters ignore the key",
    of: deterministic,
    reason: "initial parameters are constants",
  },
]

/** Why a mutant of a subject is no mutant; `undefined` if it is one. */
export const equivalence = (mutant: string, of: string): string | undefined =>
  equivalent.find((e) => e.mutant === mutant && e.of.test(of))?.reason
