import {
  type AnyPlugin,
  bijectorKind,
  block,
  chain,
  combinatorPlugins,
  type CompileTarget,
  inline,
  type Layer,
  makePlugin,
  makeRegistry,
  nearest,
  Registry,
  registryLayer,
  type SpecError,
  specVersion,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"
import { Effect, Result, Schema } from "effect"
import { describe, expect, it } from "vitest"

const shift = makePlugin(bijectorKind, "shift", {
  description: "y = x + by",
  fields: { by: Schema.Finite, label: Schema.optionalKey(Schema.String) },
  examples: [{ spec: { _tag: "shift", by: 2 }, eventShape: [3] }],
  compile: ({ by }, site) =>
    by === 0
      ? Result.fail(
          site.fail("by", { expected: "a shift", actual: "0", hint: "Leave the layer out." }),
        )
      : Result.succeed(
          inline({
            name: "shift",
            forward: (x) => tf.add(x, by),
            inverse: (y) => tf.sub(y, by),
            forwardLogDet: (x) => tf.zerosLike(x),
          }),
        ),
})
const square = makePlugin(bijectorKind, "turn", {
  description: "A vector of the event's size, turned round",
  fields: {},
  examples: [],
  compile: (_, site) =>
    Result.succeed(
      inline({
        name: "turn",
        eventShapeIn: [site.eventShape.at(-1)!],
        forward: (x) => tf.reverse(x, -1),
        inverse: (y) => tf.reverse(y, -1),
        forwardLogDet: (x) => tf.sum(tf.zerosLike(x), -1),
      }),
    ),
})

const registry = Result.getOrThrow(makeRegistry([...combinatorPlugins, shift, square]))

const compile = (
  spec: unknown,
  target: CompileTarget = { eventShape: [3] },
): Result.Result<Layer, SpecError> => registry.compile(bijectorKind, spec, target)

const messageOf = (spec: unknown, target?: CompileTarget): string => {
  const result = compile(spec, target)
  return Result.isFailure(result) ? result.failure.message : "compiles"
}

describe("compile", () => {
  it("makes what the spec says, nested ones too, with or without a version", () => {
    const spec = {
      _tag: "chain",
      layers: [
        { _tag: "shift", by: 1 },
        { _tag: "invert", bijector: { _tag: "turn" } },
      ],
    }
    expect(Result.getOrThrow(compile(spec)).name).toBe("chain(shift, invert(turn))")
    expect(Result.getOrThrow(compile({ version: specVersion, ...spec })).name).toBe(
      "chain(shift, invert(turn))",
    )
  })

  it.each([
    [
      "an unknown tag, with the nearest",
      { _tag: "shfit", by: 1 },
      '_tag: expected the tag of a bijector (chain, invert, block, concat, stack, masked, shift, turn), got "shfit". Did you mean "shift"?',
    ],
    [
      "a tag like no other",
      { _tag: "convolution" },
      "Register a plugin with this tag, or use one of these.",
    ],
    ["no tag", {}, "_tag: expected the tag of a bijector"],
    ["no object", 3, "got nothing."],
    ["null", null, "got nothing."],
    [
      "an unknown field, with the nearest",
      { _tag: "shift", by: 1, lable: "x" },
      'lable: expected one of the fields _tag, by, label, got the field "lable". Did you mean "label"?',
    ],
    [
      "a field too many",
      { _tag: "shift", by: 1, colour: "red" },
      'got the field "colour". Mend the spec there.',
    ],
    ["a missing field", { _tag: "shift" }, "by: expected this field, got nothing."],
    ["a field of another type", { _tag: "shift", by: "far" }, 'got "far". Mend the spec there.'],
    ["a number that is not finite", { _tag: "shift", by: Infinity }, "by: expected"],
    [
      "what the plugin refuses",
      { _tag: "shift", by: 0 },
      "by: expected a shift, got 0. Leave the layer out.",
    ],
    [
      "a nested spec, with its path",
      { _tag: "chain", layers: [{ _tag: "turn" }, { _tag: "invert", bijector: { _tag: "trun" } }] },
      "layers.1.bijector._tag: expected the tag of a bijector",
    ],
    [
      "a nested field, with its path",
      { _tag: "concat", parts: [{ bijector: { _tag: "shift", by: true }, size: 3 }] },
      "parts.0.bijector.by: expected",
    ],
    [
      "a newer version",
      { version: 2, _tag: "turn" },
      "version: expected 1, got 2. Update pushforward to read newer specs, or write the spec in this version.",
    ],
  ])("refuses %s", (_, spec, message) => {
    expect(messageOf(spec)).toContain(message)
  })

  it.each([
    [
      "stack",
      {
        _tag: "stack",
        bijectors: [
          { _tag: "shift", by: 1 },
          { _tag: "shift", by: 2 },
        ],
      },
      [3],
      "expected 2 slices",
    ],
    [
      "concat",
      { _tag: "concat", parts: [{ bijector: { _tag: "shift", by: 1 }, size: 2 }] },
      [3],
      "expected a vector of 2 elements",
    ],
    [
      "block",
      { _tag: "block", rank: 2, bijector: { _tag: "shift", by: 1 } },
      [3],
      "expected an event of rank 2 or more",
    ],
    [
      "masked",
      { _tag: "masked", bijector: { _tag: "shift", by: 1 }, mask: [true] },
      [3],
      "expected an event of shape [1], got [3]",
    ],
  ])("refuses an event that the %s does not fit", (_, spec, eventShape, message) => {
    expect(messageOf(spec, { eventShape })).toContain(message)
  })

  it("turns refusals of combinators into failures with the path", () => {
    const spec = {
      _tag: "chain",
      layers: [{ _tag: "masked", bijector: { _tag: "turn" }, mask: [true, false, true] }],
    }
    const result = compile(spec)
    expect(Result.isFailure(result) && result.failure.path).toEqual(["layers", "0"])
    expect(messageOf(spec)).toContain("Use concat for a bijector on part of a vector.")
  })

  it("gives a layer the event shape on its data side, from the last to the first", () => {
    const spec = {
      _tag: "block",
      rank: 1,
      bijector: { _tag: "chain", layers: [{ _tag: "turn" }, { _tag: "shift", by: 1 }] },
    }
    const layer = Result.getOrThrow(compile(spec, { eventShape: [4, 5] }))
    expect(layer.eventShapeIn).toEqual([null, 5])
    expect(layer.name).toBe(block(chain(layer), 0).name.replace(/^block\((.*), 0\)$/, "$1"))
  })
})

describe("the registry", () => {
  it("refuses two plugins of one kind with one tag", () => {
    const twice = makeRegistry([shift, shift])
    expect(Result.isFailure(twice) && twice.failure.message).toBe(
      'registry: expected one bijector with the tag "shift", got two. Give one of them another tag, or leave it out.',
    )
  })

  it("is a service", async () => {
    const name = Effect.map(Registry, ({ plugins }) =>
      plugins.map((plugin: AnyPlugin) => plugin.tag),
    )
    expect(await Effect.runPromise(Effect.provide(name, registryLayer([shift])))).toEqual(["shift"])
  })

  it("writes one JSON Schema for all its specs", () => {
    const schema = registry.jsonSchema(bijectorKind) as {
      readonly $ref: string
      readonly $defs: Record<
        string,
        { readonly anyOf?: ReadonlyArray<unknown>; readonly description?: string }
      >
    }
    expect(schema.$ref).toBe("#/$defs/bijector")
    expect(schema.$defs["bijector"]?.anyOf).toHaveLength(8)
    expect(schema.$defs["bijector.shift"]?.description).toBe("y = x + by")
    expect(JSON.stringify(schema)).toContain('"version":{"const":1}')
  })
})

describe("nearest", () => {
  it("finds the word that was meant, and none for a word like no other", () => {
    expect(nearest("sofplus", ["softplus", "exp", "sigmoid"])).toBe("softplus")
    expect(nearest("Exp", ["softplus", "exp"])).toBe("exp")
    expect(nearest("convolution", ["softplus", "exp"])).toBeUndefined()
    expect(nearest("x", [])).toBeUndefined()
  })
})
