import type { AnyPlugin, NestedSpec, RegistryShape, Shape } from "@pushforward/core"
import type { Law } from "../Law.ts"

/** The spec that a subject was compiled from. */
export interface SpecSource {
  readonly plugin: AnyPlugin
  readonly registry: RegistryShape
  readonly spec: NestedSpec
  /** The event on the data side. */
  readonly eventShape: Shape
  readonly contextShape?: Shape
}

/** A law about the spec of a subject of any kind. */
export type SpecLaw = Law<{ readonly source?: SpecSource }, unknown>
