import { specVersion } from "@pushforward/core"
import { Result, Schema } from "effect"
import { sameValue } from "../internal/equal.ts"
import { violations } from "../internal/compare.ts"
import type { SpecLaw } from "./SpecSource.ts"

/** A spec survives being decoded, encoded and sent as JSON. */
export const specRoundTrip: SpecLaw = {
  name: "spec-round-trip",
  grade: "required",
  statement: "encode(decode(spec)) keeps every field, is plain JSON, and decodes to the same again",
  applies: ({ source }) => source !== undefined,
  call: `console.log(registry.plugins.find((plugin) => plugin.tag === spec._tag)?.spec) // expected: keeps every field of spec`,
  check: ({ source }) => {
    const { plugin, spec, registry, eventShape, contextShape } = source!
    const decode = Schema.decodeUnknownResult(plugin.spec)
    const encode = Schema.encodeUnknownResult(plugin.spec)
    const decoded = decode(spec)
    if (Result.isFailure(decoded))
      return violations([`the spec does not decode: ${decoded.failure.message}`])
    const encoded = encode(decoded.success)
    if (Result.isFailure(encoded))
      return violations([`the spec does not encode: ${encoded.failure.message}`])
    const written: unknown = JSON.parse(JSON.stringify(encoded.success))
    const again = decode(written)
    const lost = Object.entries(spec).filter(
      ([field, value]) => !sameValue((written as Record<string, unknown>)[field], value),
    )
    const versioned = registry.compile(
      plugin.kind,
      { version: specVersion, ...spec },
      { eventShape, contextShape },
    )
    return violations([
      ...lost.map(([field]) => `the field ${field} does not survive encoding`),
      ...(Result.isSuccess(again) && sameValue(again.success, decoded.success)
        ? []
        : ["what was encoded decodes to something else"]),
      ...(Result.isFailure(versioned) ? [versioned.failure.message] : []),
    ])
  },
}
