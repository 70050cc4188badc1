import type { Backend, BackendError } from "@pushforward/core"
import { Effect, Layer } from "effect"

/** The backends that come with this package. */
export const backendNames = ["cpu", "wasm"] as const

/** A backend by name, or one's Layer. */
export type BackendChoice = (typeof backendNames)[number] | Layer.Layer<Backend, BackendError>

/** The Layer of a backend; one given by name is loaded when it is first used. */
export const backendLayer = (choice: BackendChoice): Layer.Layer<Backend, BackendError> =>
  typeof choice !== "string"
    ? choice
    : Layer.unwrap(
        Effect.promise(async () =>
          choice === "cpu"
            ? (await import("@pushforward/backend-cpu")).cpu
            : (await import("@pushforward/backend-wasm")).wasm,
        ),
      )
