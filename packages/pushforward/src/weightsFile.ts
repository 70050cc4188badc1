/**
 * Parameters as a safetensors file: every leaf, named by its path with dots.
 */
import { mapParams, paramLeaves, type Params } from "@pushforward/core"
import { decodeTensors, encodeTensors } from "@pushforward/training"
import { Result } from "effect"
import { ModelError } from "./ModelError.ts"

const nameOf = (path: ReadonlyArray<string>): string => path.join(".")

/** The bytes of `weights.safetensors`. */
export const encodeWeights = (params: Params): Uint8Array<ArrayBuffer> =>
  encodeTensors({
    tensors: new Map(paramLeaves(params).map(([path, leaf]) => [nameOf(path), leaf])),
    metadata: {},
  })

const broken = (problem: string): ModelError =>
  new ModelError({
    file: "weights.safetensors",
    problem,
    hint: "The file is damaged or of another model: save the model again, or restore both files together.",
  })

/** The tree of `like` with the values of the file; fails when the file is truncated or does not fit. */
export const decodeWeights = (bytes: Uint8Array, like: Params): Result.Result<Params, ModelError> =>
  Result.gen(function* () {
    const { tensors } = yield* Result.mapError(decodeTensors(bytes), broken)
    for (const [path, { shape }] of paramLeaves(like)) {
      const found = tensors.get(nameOf(path))
      if (found === undefined) {
        return yield* Result.fail(broken(`the tensor ${nameOf(path)} is missing`))
      }
      if (found.shape.join() !== shape.join()) {
        return yield* Result.fail(
          broken(
            `the tensor ${nameOf(path)} has the shape [${found.shape.join(", ")}], not [${shape.join(", ")}]`,
          ),
        )
      }
    }
    return mapParams(like, (leaf, path) => ({
      ...leaf,
      values: tensors.get(nameOf(path))!.values,
    })) as Params
  })
