import {
  type AnyPlugin,
  bijectorKind,
  type NestedSpec,
  type PluginExample,
} from "@pushforward/core"

const maf = { _tag: "masked-autoregressive", hidden: [5] }

/** What combinators are for: compositions of other plugins' bijectors. Core's own examples can only name identities. */
const composites: ReadonlyArray<PluginExample<NestedSpec>> = [
  {
    spec: {
      _tag: "chain",
      layers: [{ _tag: "affine" }, { _tag: "scale-tril" }, { _tag: "sigmoid" }],
    },
    eventShape: [3],
  },
  {
    spec: { _tag: "chain", layers: [maf, { _tag: "reverse" }, { _tag: "batch-norm" }] },
    eventShape: [2],
    contextShape: [2],
  },
  { spec: { _tag: "invert", bijector: { _tag: "softplus" } }, eventShape: [2] },
  { spec: { _tag: "invert", bijector: { _tag: "fill-triangular" } }, eventShape: [6] },
  { spec: { _tag: "block", bijector: { _tag: "scale-tril" }, rank: 1 }, eventShape: [2, 3] },
  { spec: { _tag: "block", bijector: { _tag: "tanh" }, rank: 1 }, eventShape: [3] },
  {
    spec: {
      _tag: "concat",
      parts: [
        { bijector: { _tag: "exp" }, size: 2 },
        { bijector: { _tag: "scale-tril" }, size: 3 },
        { bijector: { _tag: "sigmoid" }, size: 1 },
      ],
    },
    eventShape: [6],
  },
  { spec: { _tag: "stack", bijectors: [{ _tag: "exp" }, { _tag: "affine" }] }, eventShape: [2] },
  {
    spec: { _tag: "stack", bijectors: [{ _tag: "scale-tril" }, { _tag: "affine" }] },
    eventShape: [2, 2],
  },
  {
    spec: { _tag: "masked", bijector: { _tag: "softplus" }, mask: [true, false, true] },
    eventShape: [3],
  },
  {
    spec: {
      _tag: "masked",
      bijector: {
        _tag: "chain",
        layers: [{ _tag: "affine", shift: 1, scale: -2 }, { _tag: "exp" }],
      },
      mask: [false, true],
    },
    eventShape: [2],
  },
]

/** A plugin with the compositions it heads beside its own examples. */
export const withComposites = (plugin: AnyPlugin): AnyPlugin => ({
  ...plugin,
  examples: [
    ...plugin.examples,
    ...composites.filter(
      ({ spec }) => plugin.kind.name === bijectorKind.name && spec._tag === plugin.tag,
    ),
  ],
})
