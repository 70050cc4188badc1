import { Schema } from "effect"
import { type Activation, activations } from "./activation.ts"

/** The fields by which specs say what a masked network looks like: see `MadeOptions`. */
export const networkFields = {
  hidden: Schema.optionalKey(Schema.Array(Schema.Int.check(Schema.isGreaterThan(0)))),
  activation: Schema.optionalKey(Schema.Literals(Object.keys(activations) as Array<Activation>)),
  connectivity: Schema.optionalKey(Schema.Literals(["sequential", "random", "block"])),
  dropout: Schema.optionalKey(
    Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0), Schema.isLessThan(1)),
  ),
  residual: Schema.optionalKey(Schema.Boolean),
  seed: Schema.optionalKey(Schema.Int),
}

/** The field of an `Order`. */
export const orderField = Schema.optionalKey(
  Schema.Union([
    Schema.Literals(["natural", "reversed", "random"]),
    Schema.Array(Schema.Int),
    Schema.Array(Schema.Array(Schema.Boolean)),
  ]),
)

/** The fields of a network that is a density. */
export const densityFields = {
  ...networkFields,
  order: orderField,
  masks: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  direct: Schema.optionalKey(Schema.Boolean),
}
