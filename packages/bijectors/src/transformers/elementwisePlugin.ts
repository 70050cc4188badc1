import {
  bijectorKind,
  elementwise,
  makePlugin,
  nestedSpec,
  transformerKind,
} from "@pushforward/core"
import { Result } from "effect"

/** `{ "_tag": "elementwise", "transformer": {...} }`, with a transformer of any plugin: see {@link elementwise}. */
export const elementwisePlugin = /* @__PURE__ */ makePlugin(bijectorKind, "elementwise", {
  description: "A transformer with parameters of its own, trained for each element",
  fields: { transformer: /* @__PURE__ */ nestedSpec(transformerKind) },
  examples: [
    {
      spec: { _tag: "elementwise", transformer: { _tag: "affine", maxLogScale: 1 } },
      eventShape: [2],
    },
  ],
  compile: ({ transformer }, site) =>
    Result.map(site.child(transformerKind, transformer, "transformer"), (compiled) =>
      elementwise(compiled, site.eventShape),
    ),
})
