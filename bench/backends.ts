/** Our backends by name, each loaded when it is asked for: a process has what it measures. */
export const backends = {
  onnx: async () => (await import("@pushforward/backend-onnx")).onnx,
  wasm: async () => (await import("@pushforward/backend-wasm")).wasm,
  cpu: async () => (await import("@pushforward/backend-cpu")).cpu,
}
