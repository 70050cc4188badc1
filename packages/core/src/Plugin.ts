/**
 * A plugin: a tag, a Schema for its spec, and a pure function that compiles the spec. One file each.
 */
import { type Result, Schema } from "effect"
import type { Layer } from "./Bijector.ts"
import type { SpecError } from "./errors.ts"
import { type Shape, ShapeError } from "./Shape.ts"
import type { Transformer } from "./Transformer.ts"

/**
 * What a plugin makes: the bijectors, the distributions, …. Tags are unique within a kind.
 *
 * @category models
 */
export interface Kind<in out Built> {
  readonly name: string
  /** Why what was built does not fit events of this shape; `undefined` when it does. */
  readonly misfit: (built: Built, eventShape: Shape) => string | undefined
  /** Never set: carries the type. */
  readonly built?: (value: Built) => Built
}

/**
 * Declares a kind of plugin.
 *
 * @category constructors
 */
export const makeKind = <Built>(
  name: string,
  misfit: (built: Built, eventShape: Shape) => string | undefined,
): Kind<Built> => ({ name, misfit })

/** Plugins that make bijectors, finished or as recipes. */
export const bijectorKind: Kind<Layer> = makeKind("bijector", (layer, eventShape) => {
  try {
    layer.inverseEventShape(eventShape)
    return undefined
  } catch (error) {
    if (error instanceof ShapeError) return error.message
    throw error
  }
})

/** Plugins that make transformers. They act on single elements, so they fit events of any shape. */
export const transformerKind: Kind<Transformer> = /* @__PURE__ */ makeKind(
  "transformer",
  () => undefined,
)

/**
 * Where a spec stands while it is compiled.
 *
 * **Details**
 *
 * - `eventShape`: the event on the data side, what `forward` gives
 * - `contextShape`: the shape of the conditioning variable, if there is one
 * - `child(kind, spec, name, eventShape)`: compiles a nested spec of any plugin; `name` is its place, for messages
 *
 * @category models
 */
export interface CompileSite {
  readonly eventShape: Shape
  readonly contextShape: Shape | undefined
  readonly child: <Built>(
    kind: Kind<Built>,
    spec: NestedSpec,
    name: string,
    eventShape?: Shape,
  ) => Result.Result<Built, SpecError>
  /** A failure of this spec, with its path filled in. */
  readonly fail: (
    name: string,
    problem: { readonly expected: string; readonly actual: string; readonly hint: string },
  ) => SpecError
}

/** Any nested spec: an object with a `_tag`, decoded when the registry finds its plugin. */
export interface NestedSpec {
  readonly _tag: string
  readonly [field: string]: unknown
}

const nested = (kind: string): Schema.Codec<NestedSpec> =>
  Schema.StructWithRest(Schema.Struct({ _tag: Schema.String }), [
    Schema.Record(Schema.String, Schema.Unknown),
  ]).annotate({ identifier: kind })

/** The Schema of a nested spec of this kind, for a field of a plugin's spec. */
export const nestedSpec = <Built>(kind: Kind<Built>): Schema.Codec<NestedSpec> => {
  const known = nestedSchemas.get(kind.name)
  if (known) return known
  const schema = nested(kind.name)
  nestedSchemas.set(kind.name, schema)
  return schema
}
const nestedSchemas = new Map<string, Schema.Codec<NestedSpec>>()

/** A spec with the event it is for: shown in documentation, checked by the laws. */
export interface PluginExample<Encoded> {
  readonly spec: Encoded
  readonly eventShape: Shape
  readonly contextShape?: Shape
}

/**
 * A plugin. Nothing registers itself by being imported: pass plugins to a registry.
 *
 * @category models
 */
export interface Plugin<Built, Spec extends { readonly _tag: string }, Encoded = Spec> {
  readonly kind: Kind<Built>
  readonly tag: string
  /** One line for lists: what it does, with its formula. */
  readonly description: string
  readonly spec: Schema.Codec<Spec, Encoded>
  readonly examples: ReadonlyArray<PluginExample<Encoded>>
  readonly compile: (spec: Spec, site: CompileSite) => Result.Result<Built, SpecError>
}

/** A plugin of any kind and spec, as registries hold it. */
// oxlint-disable-next-line typescript/no-explicit-any -- a registry holds plugins of all specs
export type AnyPlugin = Plugin<any, any, any>

type Fields = Schema.Struct.Fields
type SpecOf<Tag extends string, F extends Fields> = { readonly _tag: Tag } & Schema.Struct.Type<F>
type EncodedOf<Tag extends string, F extends Fields> = {
  readonly _tag: Tag
} & Schema.Struct.Encoded<F>

/**
 * Makes a plugin from its tag, its fields and its `compile`; the spec's Schema and types follow.
 *
 * **Example** (A plugin)
 *
 * ```ts
 * import { bijectorKind, inline, makePlugin } from "@pushforward/core"
 * import * as tf from "@tensorflow/tfjs-core"
 * import { Result, Schema } from "effect"
 *
 * const shift = makePlugin(bijectorKind, "shift", {
 *   description: "y = x + by",
 *   fields: { by: Schema.Finite },
 *   examples: [{ spec: { _tag: "shift", by: 2 }, eventShape: [3] }],
 *   compile: ({ by }) =>
 *     Result.succeed(
 *       inline({
 *         name: "shift",
 *         forward: (x) => tf.add(x, by),
 *         inverse: (y) => tf.sub(y, by),
 *         forwardLogDet: (x) => tf.zerosLike(x),
 *       }),
 *     ),
 * })
 * shift.tag // => "shift"
 * ```
 *
 * @category constructors
 */
export const makePlugin = <Built, const Tag extends string, const F extends Fields>(
  kind: Kind<Built>,
  tag: Tag,
  of: {
    readonly description: string
    readonly fields: F
    readonly examples: ReadonlyArray<PluginExample<EncodedOf<Tag, F>>>
    readonly compile: (spec: SpecOf<Tag, F>, site: CompileSite) => Result.Result<Built, SpecError>
  },
): Plugin<Built, SpecOf<Tag, F>, EncodedOf<Tag, F>> => ({
  kind,
  tag,
  description: of.description,
  spec: Schema.Struct({ _tag: Schema.tag(tag), ...of.fields }) as unknown as Schema.Codec<
    SpecOf<Tag, F>,
    EncodedOf<Tag, F>
  >,
  examples: of.examples,
  compile: of.compile,
})
