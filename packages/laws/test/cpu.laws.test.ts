import "@tensorflow/tfjs-backend-cpu"
import * as tf from "@tensorflow/tfjs-core"
import { everyLawOn } from "./everyPlugin.ts"

everyLawOn("cpu", () => tf.setBackend("cpu"), ["float32", "float64"])
