/**
 * Two or three bijectors that fit together, as the laws of combinators see them.
 */
import {
  type Bijector,
  block,
  chain,
  foldKey,
  isParametric,
  type Layer,
  makeKey,
  type Params,
  type ParamTensors,
  randomizeParams,
  type Shape,
  sizeOf,
} from "@pushforward/core"
import type * as tf from "@tensorflow/tfjs-core"
import type { BijectorCase } from "../bijector/BijectorCase.ts"
import { type BijectorSubject, bijectorSubject } from "../bijector/BijectorSubject.ts"
import { hostInput } from "../bijector/evaluate.ts"
import { leavesOf, withLeaves } from "../bijector/program.ts"
import { isTraceable } from "../bijector/traceable.ts"
import { inEachPrecision, type MeasuringLaw, shownInFloat64 } from "../judge/inEachPrecision.ts"
import { allowing, type Host, type Input, type Judge } from "../judge/Judge.ts"
import type { Law } from "../Law.ts"
import { jsonLiteral } from "../internal/literal.ts"
import type { SetUp, Subject } from "../Subject.ts"

/**
 * A pair of layers that can be chained, with a third after them where one fits.
 *
 * @category models
 */
export interface CombinatorSubject extends Subject<BijectorCase> {
  /** `chain(first, second)` under law: its cases serve all laws of the pair. */
  readonly pair: BijectorSubject
  readonly first: Layer
  readonly second: Layer
  readonly third: Layer | undefined
  /** The subjects that the layers come from. */
  readonly members: ReadonlyArray<BijectorSubject>
}

/** A law about combinators. */
export type CombinatorLaw = Law<CombinatorSubject, BijectorCase>

/** A law about combinators that measures. */
export type MeasuringCombinatorLaw = Omit<MeasuringLaw<CombinatorSubject, BijectorCase>, "call">

/** The law before each judge, in the batch shapes that the judge computes in. */
export const measuring = (law: MeasuringCombinatorLaw): ReadonlyArray<CombinatorLaw> =>
  inEachPrecision(
    {
      ...law,
      call: {
        float32: "for (const t of bijector.forwardAndLogDet(x)) t.print()",
        float64:
          `${shownInFloat64("bijector", ["...bijector.forwardAndLogDet(x)"])}\n` +
          `for (const { values } of shown) console.log(values)`,
      },
      check: (subject, sample, judge) =>
        law.check(
          subject,
          { ...sample, batch: judge.batchOf(sample.batch) },
          allowing(judge, subject.pair.layer.tolerance),
        ),
    },
    ({ members }) => members.every(isTraceable),
  )

/** A layer that `chain` does not flatten, with its parameters where a combinator looks for them. */
interface Member {
  readonly layer: Layer
  readonly params: ParamTensors
}

/** What a combinator law works with. */
interface OpenPair {
  readonly x: tf.Tensor
  readonly first: Member
  readonly second: Member
  readonly third: Member | undefined
  /** Builds a combination from the parameters of its members, in order. */
  readonly build: (layer: Layer, members: ReadonlyArray<Member>) => Bijector
  /** Builds one member by itself. */
  readonly alone: (member: Member) => Bijector
}

/** A computation of a combinator law: one constant of its module each, as a bijector's program. */
export type PairProgram = (open: OpenPair) => ReadonlyArray<tf.Tensor>

/** Runs a program on the members of a case with random parameters, each from its own key. */
export const runPair = (
  judge: Judge,
  subject: CombinatorSubject,
  sample: BijectorCase,
  program: PairProgram,
): ReadonlyArray<Host> => {
  const { pair } = subject
  const layers = [subject.first, subject.second, ...(subject.third ? [subject.third] : [])]
  const params: ReadonlyArray<Params> = layers.map((layer, i) => {
    const key = foldKey(makeKey(sample.seed), ["first", "second", "third"][i]!)
    return isParametric(layer) ? randomizeParams(layer.init(key), key) : {}
  })
  const leaves = params.map(leavesOf)
  const context: ReadonlyArray<Input> = sample.context
    ? [{ values: sample.context, shape: [...sample.batch, ...pair.layer.contextShape!] }]
    : []
  return judge.run(
    subject,
    program,
    ([x, ...tensors]) => {
      const site = context.length > 0 ? { context: tensors.at(-1)! } : {}
      let from = 0
      const members = layers.map((layer, i): Member => {
        const own = tensors.slice(from, (from += leaves[i]!.length))
        return {
          // A block of rank 0 changes nothing, but keeps its parameters under a name of its own.
          layer: block(layer, 0),
          params: isParametric(layer) ? { 0: withLeaves(params[i]!, own) } : {},
        }
      })
      const [first, second, third] = members
      return program({
        x: x!,
        first: first!,
        second: second!,
        third,
        build: (layer, of) =>
          isParametric(layer)
            ? layer.build(
                Object.fromEntries(of.map(({ params: own }, i) => [String(i), own])),
                site,
              )
            : layer,
        alone: ({ layer, params: own }) => (isParametric(layer) ? layer.build(own, site) : layer),
      })
    },
    // Nothing is batched: hardly any pair is looked at twice, and a trace for one size is quicker.
    [hostInput(pair, sample), ...leaves.flat(), ...context],
  )
}

interface Placed {
  readonly layer: Layer
  readonly eventShape: Shape
}

const whole = ({ layer, extraShape, eventShape }: BijectorSubject): Placed => ({
  layer,
  eventShape: [...extraShape, ...eventShape],
})

/** `chain(a, b)` when the two fit together on this event; nested chains stay as they are. */
const fit = (a: Placed, b: Placed): Placed | undefined => {
  try {
    const layer = chain(a.layer, b.layer)
    const out = layer.forwardEventShape(a.eventShape)
    return sizeOf(out) > 0 ? { layer, eventShape: a.eventShape } : undefined
  } catch {
    return undefined
  }
}

/** Code for the pair, where both come from specs; its parameters are drawn under other names than the law's. */
const setUpOf = (
  a: BijectorSubject,
  b: BijectorSubject,
  { layer, eventShape }: Placed,
): { readonly setUp?: SetUp } => {
  if (a.source === undefined || b.source === undefined) return {}
  const spec = { _tag: "chain", layers: [a.source.spec, b.source.spec] }
  const contextShape = layer.contextShape
  const target = {
    eventShape: layer.forwardEventShape(eventShape),
    ...(contextShape && { contextShape }),
  }
  return {
    setUp: {
      imports: [...new Set([...a.setUp.imports, ...b.setUp.imports])],
      statements: [
        ...a.setUp.statements.slice(0, 2),
        `const spec = ${jsonLiteral(spec)}`,
        `const layer = Result.getOrThrow(registry.compile(kind, spec, ${jsonLiteral(target)}))`,
      ],
    },
  }
}

/**
 * Every ordered pair of these subjects that `chain` accepts, each with the next subject that fits as third.
 *
 * ```ts
 * import { chain } from "@pushforward/core"
 * import { bijectorSubject, pairsOf } from "@pushforward/laws"
 *
 * const identity = bijectorSubject({ layer: chain(), eventShape: [2] })
 * pairsOf([identity, identity]).length // => 4
 * ```
 *
 * @category constructors
 */
export const pairsOf = (
  subjects: ReadonlyArray<BijectorSubject>,
): ReadonlyArray<CombinatorSubject> =>
  subjects.flatMap((a) =>
    subjects.flatMap((b, j): ReadonlyArray<CombinatorSubject> => {
      const chained = fit(whole(a), whole(b))
      if (chained === undefined) return []
      const name = `${a.name} then ${b.name}`
      const pair = bijectorSubject({ ...chained, name, ...setUpOf(a, b, chained) })
      const third = [...subjects.slice(j + 1), ...subjects.slice(0, j + 1)].find(
        (c) =>
          (c.layer.contextShape === undefined || chained.layer.contextShape !== undefined) &&
          fit(chained, whole(c)) !== undefined,
      )
      return [
        {
          name,
          pair,
          first: a.layer,
          second: b.layer,
          third: third?.layer,
          members: [a, b, ...(third ? [third] : [])],
          cases: pair.cases,
          simpler: pair.simpler,
          code: (sample, call) => pair.code(sample, call),
        },
      ]
    }),
  )
