/**
 * Graphs as ONNX models.
 */
export { type OnnxOptions, toOnnx } from "./toOnnx.ts"
export { type LoopLayout, type LoopNames, loopNames, toOnnxLoop } from "./toOnnxLoop.ts"
