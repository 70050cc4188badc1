import { type Constraint, containsEvent } from "@pushforward/core"
import { violations } from "../internal/compare.ts"
import type { BijectorLaw } from "./BijectorLaw.ts"
import { evaluate } from "./evaluate.ts"
import { scoped } from "../internal/scoped.ts"
import { write } from "../judge/float32.ts"
import type { Host } from "../judge/Judge.ts"

/** How many events of `x` lie outside `constraint`. */
export const outside = (constraint: Constraint, x: Host, eventRank: number): number =>
  scoped(() => {
    const inside = containsEvent(constraint, write(x), Math.max(eventRank, constraint.eventRank))
    return inside.dataSync().filter((v) => v === 0).length
  })

/** `forward` ends in the declared codomain, and `inverse` in the declared domain. */
export const codomain: BijectorLaw = {
  name: "codomain",
  grade: "required",
  statement: "forward(x) lies in the codomain, inverse(forward(x)) in the domain",
  applies: () => true,
  call: `bijector.forward(x).print() // expected: in\nconsole.log(bijector.codomain.name)`,
  check: (subject, sample) => {
    const { layer } = subject
    const { y, back } = evaluate(subject, sample)
    const away = outside(layer.codomain, y, layer.eventRankOut)
    const astray = outside(layer.domain, back.x, layer.eventRankIn)
    return violations([
      ...(away > 0 ? [`${away} images outside ${layer.codomain.name}`] : []),
      ...(astray > 0 ? [`${astray} preimages outside ${layer.domain.name}`] : []),
    ])
  },
}
