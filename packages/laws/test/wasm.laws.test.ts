import "@tensorflow/tfjs-backend-wasm"
import * as tf from "@tensorflow/tfjs-core"
import { everyLawOn } from "./everyPlugin.ts"

everyLawOn("wasm", () => tf.setBackend("wasm"), ["float32"])
