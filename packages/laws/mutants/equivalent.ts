/**
 * Mutants that are right: the change makes no difference there. Each with its reason; the check fails when one of them
 * is caught after all, so the list cannot rot.
 */
interface Equivalent {
  readonly mutant: string
  /** Whether a subject's name is meant. */
  readonly of: RegExp
  readonly reason: string
}

/** Log-det zero everywhere: identities, reorderings, rearrangements. */
const preserving =
  /^\{"_tag":"(permute|reverse|fill-triangular)"|^\{"_tag":"invert","bijector":\{"_tag":"fill-triangular"|^[^.]*"_tag":"chain","layers":\[\]/

const identity = /"layers":\[\]/

/** Log-det the same for every input: affine maps, and a flow of one dimension without context. */
const constant =
  /^\{"_tag":"(affine|elementwise|scale-tril|lu-linear|batch-norm|act-norm|block","bijector":\{"_tag":"scale-tril|stack","bijectors":\[\{"_tag":"scale-tril|masked-autoregressive","hidden":\[4\])/

/** Of those, the ones whose log-det does not depend on parameters either. */
const fixed = /^\{"_tag":"(affine","s|scale-tril","scaleTril)/

/** Of the constant ones, those that have one log-det; the affine one with two scales has two. */
const single = new RegExp(`(?!.*"scale":\\[)${constant.source}`)

/** From the real line to the real line, so that the inverse is as good a bijector as the forward map. */
const realToReal =
  /^\{"_tag":"(affine|elementwise|rational-quadratic-spline|scale-tril|lu-linear|batch-norm|act-norm|masked-autoregressive|maf|iaf|permute|block","bijector":\{"_tag":"scale-tril|stack","bijectors":\[\{"_tag":"scale-tril|chain","layers":\[\{"_tag":"masked)/

/** Initial parameters that are numbers, not draws. */
const deterministic =
  /^\{"_tag":"(affine|elementwise|rational-quadratic-spline|scale-tril|lu-linear|batch-norm|act-norm|chain","layers":\[\{"_tag":"affine|block|concat|stack)/

const each = (
  mutants: ReadonlyArray<string>,
  of: RegExp,
  reason: string,
): ReadonlyArray<Equivalent> => mutants.map((mutant) => ({ mutant, of, reason }))

const equivalent: ReadonlyArray<Equivalent> = [
  ...each(
    [
      "forward log-det with the wrong sign",
      "inverse log-det with the wrong sign",
      "both log-dets with the wrong sign",
      "both log-dets zero",
      "both log-dets halved",
      "log-det averaged over the event, not summed",
      "forward log-det evaluated at the output",
      "rows leak into each other's log-det",
      "log-det cut off from the input's gradient",
    ],
    preserving,
    "the log-det is zero everywhere",
  ),
  ...each(
    ["forward log-det evaluated at the output"],
    constant,
    "the log-det is the same for every input",
  ),
  ...each(["rows leak into each other's log-det"], single, "the log-det is the same for every row"),
  ...each(["log-det cut off from the input's gradient"], fixed, "the log-det is a constant"),
  ...each(
    ["forward and inverse swapped", "inverse does what forward does"],
    new RegExp(`${identity.source}|^\\{"_tag":"reverse"`),
    "it is its own inverse",
  ),
  ...each(["declared to rearrange"], identity, "the identity keeps every element in its place"),
  ...each(
    ["forward and inverse swapped"],
    realToReal,
    "still a bijector of the same sets: which way is forward is a definition, for known values to check",
  ),
  ...each(
    ["log-det averaged over the event, not summed", "declared order turned round"],
    /on \[1\]$/,
    "one element has one order and one mean",
  ),
  ...each(["initial parameters ignore the key"], deterministic, "initial parameters are constants"),
]

/** Why a mutant of a subject is no mutant; `undefined` if it is one. */
export const equivalence = (mutant: string, of: string): string | undefined =>
  equivalent.find((e) => e.mutant === mutant && e.of.test(of))?.reason
