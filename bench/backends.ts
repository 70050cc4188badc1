import { cpu } from "@pushforward/backend-cpu"
import { onnx } from "@pushforward/backend-onnx"
import { wasm } from "@pushforward/backend-wasm"

/** Our backends by name. */
export const backends = { onnx, wasm, cpu }
