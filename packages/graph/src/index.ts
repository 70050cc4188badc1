/**
 * `@pushforward/graph`: static graphs of TensorFlow.js functions.
 */
export * from "./Graph.ts"
export * from "./GraphError.ts"
export * from "./onnx/index.ts"
export * from "./trace/trace.ts"
export { evaluate, type Numbers, type Numbers64 } from "./interpret/evaluate.ts"
export * from "./interpret/inFloat64.ts"
export * from "./print.ts"
export * from "./simplify/index.ts"
export * from "./vectors/fuseUpdate.ts"
export {
  memorySize,
  numberAt,
  slotAt,
  vectorCode,
  type VectorMemory,
  type VectorPass,
} from "./vectors/vectorCode.ts"
