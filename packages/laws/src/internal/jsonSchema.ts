import { sameValue } from "./equal.ts"

type Json = Record<string, unknown>

const typeOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value

const hasType = (value: unknown, type: string): boolean =>
  type === "integer" ? Number.isInteger(value) : typeOf(value) === type

/** What each keyword of JSON Schema (2020-12) that specs use has against a value. */
const keywords: Record<
  string,
  (
    argument: unknown,
    value: unknown,
    path: string,
    root: Json,
    schema: Json,
  ) => ReadonlyArray<string>
> = {
  $ref: (ref, value, path, root) =>
    problems(
      String(ref)
        .replace("#/", "")
        .split("/")
        .reduce<unknown>(
          (node, key) => (node as Json)[key.replaceAll("~1", "/").replaceAll("~0", "~")],
          root,
        ) as Json,
      value,
      path,
      root,
    ),
  type: (type, value, path) =>
    [type].flat().some((t) => hasType(value, String(t)))
      ? []
      : [`${path}: expected ${String(type)}, got ${typeOf(value)}`],
  const: (expected, value, path) =>
    sameValue(expected, value) ? [] : [`${path}: expected ${JSON.stringify(expected)}`],
  enum: (members, value, path) =>
    (members as ReadonlyArray<unknown>).some((m) => sameValue(m, value))
      ? []
      : [`${path}: expected one of ${JSON.stringify(members)}`],
  anyOf: (options, value, path, root) => {
    const found = (options as ReadonlyArray<Json>).map((option) =>
      problems(option, value, path, root),
    )
    return found.some((p) => p.length === 0)
      ? []
      : [`${path}: fits none of ${found.length} alternatives: ${found.map((p) => p[0]).join("; ")}`]
  },
  oneOf: (options, value, path, root) =>
    (options as ReadonlyArray<Json>).filter((o) => problems(o, value, path, root).length === 0)
      .length === 1
      ? []
      : [`${path}: fits not exactly one alternative`],
  allOf: (all, value, path, root) =>
    (all as ReadonlyArray<Json>).flatMap((each) => problems(each, value, path, root)),
  properties: (fields, value, path, root) =>
    typeOf(value) === "object"
      ? Object.entries(fields as Record<string, Json>).flatMap(([name, field]) =>
          name in (value as Json)
            ? problems(field, (value as Json)[name], `${path}.${name}`, root)
            : [],
        )
      : [],
  required: (names, value, path) =>
    typeOf(value) === "object"
      ? (names as ReadonlyArray<string>)
          .filter((name) => !(name in (value as Json)))
          .map((name) => `${path}: lacks ${name}`)
      : [],
  additionalProperties: (rest, value, path, root, schema) =>
    typeOf(value) === "object"
      ? Object.keys(value as Json)
          .filter((name) => !(name in ((schema["properties"] as Json | undefined) ?? {})))
          .flatMap((name) =>
            rest === false
              ? [`${path}: has the unknown field ${name}`]
              : rest === true
                ? []
                : problems(rest as Json, (value as Json)[name], `${path}.${name}`, root),
          )
      : [],
  prefixItems: (items, value, path, root) =>
    Array.isArray(value)
      ? (items as ReadonlyArray<Json>).flatMap((item, i) =>
          i < value.length ? problems(item, value[i], `${path}[${i}]`, root) : [],
        )
      : [],
  items: (item, value, path, root, schema) =>
    Array.isArray(value)
      ? value
          .slice(((schema["prefixItems"] as ReadonlyArray<Json> | undefined) ?? []).length)
          .flatMap((v, i) =>
            item === false
              ? [`${path}: has too many items`]
              : problems(item as Json, v, `${path}[${i}]`, root),
          )
      : [],
  minItems: (n, value, path) =>
    Array.isArray(value) && value.length < Number(n) ? [`${path}: has too few items`] : [],
  maxItems: (n, value, path) =>
    Array.isArray(value) && value.length > Number(n) ? [`${path}: has too many items`] : [],
  minimum: (n, value, path) => (Number(value) < Number(n) ? [`${path}: below ${String(n)}`] : []),
  maximum: (n, value, path) => (Number(value) > Number(n) ? [`${path}: above ${String(n)}`] : []),
  exclusiveMinimum: (n, value, path) =>
    Number(value) <= Number(n) ? [`${path}: not above ${String(n)}`] : [],
  exclusiveMaximum: (n, value, path) =>
    Number(value) >= Number(n) ? [`${path}: not below ${String(n)}`] : [],
  minLength: (n, value, path) =>
    typeof value === "string" && value.length < Number(n) ? [`${path}: too short`] : [],
  pattern: (pattern, value, path) =>
    typeof value === "string" && !new RegExp(String(pattern), "u").test(value)
      ? [`${path}: does not match ${String(pattern)}`]
      : [],
}

const annotations = new Set([
  "$schema",
  "$defs",
  "$id",
  "$comment",
  "title",
  "description",
  "default",
  "examples",
  "format",
])

const problems = (
  schema: Json | boolean,
  value: unknown,
  path: string,
  root: Json,
): ReadonlyArray<string> => {
  if (schema === true) return []
  if (schema === false) return [`${path}: not allowed`]
  return Object.entries(schema).flatMap(([keyword, argument]) => {
    if (annotations.has(keyword)) return []
    const check = keywords[keyword]
    return check
      ? check(argument, value, path, root, schema)
      : [`${path}: the schema uses ${keyword}, which this check does not know`]
  })
}

/** What a JSON Schema has against a value; nothing when it accepts it. Covers the keywords that specs use. */
export const jsonSchemaProblems = (schema: Json, value: unknown): ReadonlyArray<string> =>
  problems(schema, value, "spec", schema)
