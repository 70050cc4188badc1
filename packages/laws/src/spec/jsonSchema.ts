import { violations } from "../internal/compare.ts"
import { jsonSchemaProblems } from "../internal/jsonSchema.ts"
import type { SpecLaw } from "./SpecSource.ts"

/** Editors check specs with the exported JSON Schema, so that must accept what the plugin accepts. */
export const jsonSchema: SpecLaw = {
  name: "json-schema",
  grade: "required",
  statement: "the registry's JSON Schema accepts the spec, and refuses it with a field too many",
  applies: ({ source }) => source !== undefined,
  call: `console.log(JSON.stringify(registry.jsonSchema(kind), null, 2)) // expected: accepts the spec`,
  check: ({ source }) => {
    const { plugin, registry, spec } = source!
    const schema = registry.jsonSchema(plugin.kind)
    const tooMany = { ...spec, "no such field": 1 }
    return violations([
      ...jsonSchemaProblems(schema, spec),
      ...(jsonSchemaProblems(schema, tooMany).length === 0 ? ["an unknown field is accepted"] : []),
    ])
  },
}
