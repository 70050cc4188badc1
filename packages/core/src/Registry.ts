/**
 * A registry: the plugins that specs may name, as a value.
 */
import { Context, Effect, Layer, Result, Schema, SchemaIssue } from "effect"
import { CompositionError } from "./CompositionError.ts"
import { DuplicateTagError, SpecError } from "./errors.ts"
import { nearest } from "./nearest.ts"
import type { AnyPlugin, CompileSite, Kind, Plugin } from "./Plugin.ts"
import { type Shape, ShapeError, showShape } from "./Shape.ts"

/** The version of the spec format that this registry reads and writes. */
export const specVersion = 1

/** What a spec is compiled for. */
export interface CompileTarget {
  readonly eventShape: Shape
  readonly contextShape?: Shape | undefined
}

/**
 * Compiles specs by their `_tag`.
 *
 * **Details**
 *
 * - `compile(kind, spec, target)`: pure; fails with a {@link SpecError} that names the path, for an unknown tag with the
 *   nearest known one
 * - `jsonSchema(kind)`: JSON Schema (2020-12) of every spec of the kind, nested ones included
 *
 * @category models
 */
export interface RegistryShape {
  readonly plugins: ReadonlyArray<AnyPlugin>
  readonly compile: <Built>(
    kind: Kind<Built>,
    spec: unknown,
    target: CompileTarget,
  ) => Result.Result<Built, SpecError>
  readonly jsonSchema: (kind: Kind<any>) => Record<string, unknown>
}

/**
 * The registry as a service.
 *
 * @category services
 */
export class Registry extends Context.Service<Registry, RegistryShape>()(
  "@pushforward/core/Registry",
) {}

/**
 * A registry of these plugins, as a Layer.
 *
 * @category layers
 */
export const registryLayer = (
  plugins: ReadonlyArray<AnyPlugin>,
): Layer.Layer<Registry, DuplicateTagError> =>
  Layer.effect(Registry)(Effect.fromResult(makeRegistry(plugins)))

const show = (value: unknown): string => {
  const text = value === undefined ? "nothing" : JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

/** The first problem of a failed decoding as a {@link SpecError}; `path` is where the spec stands. */
const toSpecError = (
  error: Schema.SchemaError,
  spec: unknown,
  path: ReadonlyArray<string>,
  fields: ReadonlyArray<string>,
): SpecError => {
  const [issue] = formatIssue(error.issue).issues
  const inner = (issue?.path ?? []).map(String)
  const at = inner.reduce<unknown>(
    (node, key) => (node as Record<string, unknown> | undefined)?.[key],
    spec,
  )
  const message = (issue?.message ?? error.message).split("\n")[0]!
  const expected =
    message === "Missing key"
      ? "this field"
      : (/^Expected (.*?)(, (?:got|actual) .*)?$/.exec(message)?.[1] ?? message)
  const last = inner.at(-1)
  const known = nearest(last ?? "", fields)
  const unknownField = inner.length === 1 && !fields.includes(last!)
  return new SpecError({
    path: [...path, ...inner],
    expected: unknownField ? `one of the fields ${fields.join(", ")}` : expected,
    actual: unknownField ? `the field "${last}"` : show(at),
    hint: unknownField && known ? `Did you mean "${known}"?` : "Mend the spec there.",
  })
}

const misfit = (path: ReadonlyArray<string>, expected: string, problem: string): SpecError =>
  new SpecError({ path, expected, actual: "one that does not fit", hint: problem })

const pluginFields = (plugin: AnyPlugin): ReadonlyArray<string> =>
  Object.keys((plugin.spec as unknown as { fields: object }).fields ?? {})

/**
 * Makes a registry; fails when two plugins of one kind share a tag.
 *
 * @category constructors
 */
export const makeRegistry = (
  plugins: ReadonlyArray<AnyPlugin>,
): Result.Result<RegistryShape, DuplicateTagError> => {
  const byKind = new Map<string, Map<string, AnyPlugin>>()
  for (const plugin of plugins) {
    const kind = plugin.kind.name
    const tags = byKind.get(kind) ?? new Map<string, AnyPlugin>()
    if (tags.has(plugin.tag)) return Result.fail(new DuplicateTagError({ kind, tag: plugin.tag }))
    byKind.set(kind, tags.set(plugin.tag, plugin))
  }

  const compileAt = <Built>(
    kind: Kind<Built>,
    spec: unknown,
    target: CompileTarget,
    path: ReadonlyArray<string>,
  ): Result.Result<Built, SpecError> => {
    const tags = byKind.get(kind.name) ?? new Map<string, AnyPlugin>()
    const tag = (spec as { readonly _tag?: unknown } | null)?._tag
    const plugin = tags.get(tag as string) as Plugin<Built, { readonly _tag: string }> | undefined
    if (plugin === undefined) {
      const known = typeof tag === "string" ? nearest(tag, [...tags.keys()]) : undefined
      return Result.fail(
        new SpecError({
          path: [...path, "_tag"],
          expected: `the tag of a ${kind.name} (${[...tags.keys()].join(", ")})`,
          actual: show(tag),
          hint: known
            ? `Did you mean "${known}"?`
            : `Register a plugin with this tag, or use one of these.`,
        }),
      )
    }
    const decoded = Schema.decodeUnknownResult(plugin.spec, {
      errors: "all",
      onExcessProperty: "error",
    })(spec)
    if (Result.isFailure(decoded)) {
      return Result.fail(toSpecError(decoded.failure, spec, path, pluginFields(plugin)))
    }
    const site: CompileSite = {
      eventShape: target.eventShape,
      contextShape: target.contextShape,
      child: (childKind, child, name, eventShape = target.eventShape) =>
        compileAt(childKind, child, { ...target, eventShape }, [...path, ...name.split(".")]),
      fail: (name, problem) => new SpecError({ path: [...path, name], ...problem }),
    }
    try {
      return plugin.compile(decoded.success, site)
    } catch (error) {
      if (
        error instanceof ShapeError ||
        error instanceof CompositionError ||
        error instanceof RangeError
      ) {
        return Result.fail(misfit(path, `a ${plugin.tag} that fits together`, error.message))
      }
      throw error
    }
  }

  return Result.succeed({
    plugins,
    compile: (kind, spec, target) =>
      Result.flatMap(unversioned(spec), (current) => compileAt(kind, current, target, [])).pipe(
        Result.flatMap((built) => {
          const problem = kind.misfit(built, target.eventShape)
          return problem === undefined
            ? Result.succeed(built)
            : Result.fail(misfit([], `events of shape ${showShape(target.eventShape)}`, problem))
        }),
      ),
    jsonSchema: (kind) => jsonSchema(kind, plugins),
  })
}

/** Takes the `version` off a spec, after checking that it can be read. */
const unversioned = (spec: unknown): Result.Result<unknown, SpecError> => {
  if (typeof spec !== "object" || spec === null || !("version" in spec)) return Result.succeed(spec)
  const { version, ...current } = spec
  return version === specVersion
    ? Result.succeed(current)
    : Result.fail(
        new SpecError({
          path: ["version"],
          expected: String(specVersion),
          actual: show(version),
          hint: "Update pushforward to read newer specs, or write the spec in this version.",
        }),
      )
}

/** Every plugin's own schema under one roof; nested specs refer to the union of their kind. */
const jsonSchema = (
  kind: Kind<any>,
  plugins: ReadonlyArray<AnyPlugin>,
): Record<string, unknown> => {
  const definitions: Record<string, unknown> = {}
  for (const name of new Set([...plugins.map((plugin) => plugin.kind.name), kind.name])) {
    definitions[name] = {
      anyOf: plugins
        .filter((plugin) => plugin.kind.name === name)
        .map((plugin) => ({ $ref: `#/$defs/${name}.${plugin.tag}` })),
    }
  }
  for (const plugin of plugins) {
    const document = Schema.toJsonSchemaDocument(plugin.spec)
    definitions[`${plugin.kind.name}.${plugin.tag}`] = {
      ...document.schema,
      properties: { version: { const: specVersion }, ...(document.schema["properties"] as object) },
      additionalProperties: false,
      description: plugin.description,
    }
    for (const [name, definition] of Object.entries(document.definitions)) {
      definitions[name] ??= definition
    }
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $ref: `#/$defs/${kind.name}`,
    $defs: definitions,
  }
}
