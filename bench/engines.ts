/**
 * What is compared: our backends and the peers.
 */
import { spawnSync } from "node:child_process"
import { cpus } from "node:os"
import { fileURLToPath } from "node:url"
import type { Engine } from "./Engine.ts"
import { inNode } from "./inNode.ts"

/** An engine that runs in Node, where those of TensorFlow.js and jax-js have one thread. */
const nodeEngine = (
  library: string,
  file: string,
  backend: string,
  skips: Engine["skips"],
): Engine => ({
  name: library,
  library,
  command: process.execPath,
  args: inNode(file),
  settings: { threads: 1, backend },
  skips,
})

const smallSteps: Engine["skips"] = ({ size, batch }, program) =>
  size > 8 || batch > 500 || program !== "train"
    ? "its training steps of the small flows say enough"
    : undefined

/** The engine that ratios are to. */
export const own: Engine = {
  ...nodeEngine("onnx", "ours.ts", "onnx", () => undefined),
  settings: { backend: "onnx" },
}

/** A Python that has PyTorch: Debian's comes with the package `python3-torch`. */
const python = ["/usr/bin/python3", "python3"].find(
  (command) => spawnSync(command, ["-c", "import torch"]).status === 0,
)
if (python === undefined) {
  console.error(
    "PyTorch is left out: no Python with torch. On Debian: apt-get install python3-torch",
  )
}

const pytorch = (command: string, threads: number): Engine => ({
  name: `pytorch, ${threads} thread${threads === 1 ? "" : "s"}`,
  library: "pytorch",
  command,
  args: [fileURLToPath(new URL("peers/pytorch.py", import.meta.url))],
  settings: { threads, backend: "cpu" },
  skips: () => undefined,
})

export const engines: ReadonlyArray<Engine> = [
  own,
  nodeEngine("wasm", "ours.ts", "wasm", smallSteps),
  nodeEngine("cpu", "ours.ts", "cpu", smallSteps),
  nodeEngine("tfjs-wasm", "peers/tfjs.ts", "wasm", ({ size }) =>
    size > 8 ? "takes minutes" : undefined,
  ),
  nodeEngine("tfjs-cpu", "peers/tfjs.ts", "cpu", smallSteps),
  nodeEngine("jax-js", "peers/jax-js.ts", "wasm", ({ size }, program) =>
    size > 100 || (size > 8 && program === "sample") ? "takes minutes" : undefined,
  ),
  ...(python === undefined
    ? []
    : [...new Set([1, cpus().length])].map((threads) => pytorch(python, threads))),
]
