/**
 * Pieces of ONNX models as protobuf messages.
 */
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf"
import type { DType } from "../Graph.ts"
import { GraphError } from "../GraphError.ts"
import {
  AttributeProto_AttributeType as AttributeType,
  type AttributeProtoSchema,
  type GraphProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
  TensorProto_DataType as DataType,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from "./gen/onnx_pb.ts"

/** The element types in models: those of graphs, and `int64`, in which ONNX counts. */
export type ValueType = DType | "int64"

export type AttributeInit = MessageInitShape<typeof AttributeProtoSchema>
export type GraphInit = MessageInitShape<typeof GraphProtoSchema>
export type NodeInit = MessageInitShape<typeof NodeProtoSchema>
export type TensorInit = MessageInitShape<typeof TensorProtoSchema>
export type ValueInfoInit = MessageInitShape<typeof ValueInfoProtoSchema>

/** An attribute of a node: a whole number or several, a fraction, a text, a tensor or a graph. */
export type Attribute =
  | number
  | ReadonlyArray<number>
  | string
  | { readonly float: number }
  | { readonly tensor: TensorInit }
  | { readonly graph: GraphInit }

/** ONNX' numbers for the element types. */
const dataTypes: Readonly<Record<ValueType, DataType>> = {
  float32: DataType.FLOAT,
  int32: DataType.INT32,
  bool: DataType.BOOL,
  int64: DataType.INT64,
}

export const attributeInit = (name: string, value: Attribute): AttributeInit => {
  if (typeof value === "number") return { name, type: AttributeType.INT, i: BigInt(value) }
  if (typeof value === "string") {
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) }
  }
  if ("float" in value) return { name, type: AttributeType.FLOAT, f: value.float }
  if ("tensor" in value) return { name, type: AttributeType.TENSOR, t: value.tensor }
  if ("graph" in value) return { name, type: AttributeType.GRAPH, g: value.graph }
  return { name, type: AttributeType.INTS, ints: value.map(BigInt) }
}

const rawBytes = (values: ArrayLike<number>, type: ValueType): Uint8Array<ArrayBuffer> => {
  const typed = {
    float32: () => (values instanceof Float32Array ? values : Float32Array.from(values)),
    int32: () => (values instanceof Int32Array ? values : Int32Array.from(values)),
    bool: () => Uint8Array.from(values, (value) => (value ? 1 : 0)),
    int64: () => BigInt64Array.from(values, BigInt),
  }[type]()
  return new Uint8Array(typed.buffer as ArrayBuffer, typed.byteOffset, typed.byteLength)
}

/** A tensor of these numbers, as raw little-endian bytes, which typed arrays are on every machine that runs this. */
export const tensorInit = (
  values: ArrayLike<number>,
  shape: ReadonlyArray<number>,
  type: ValueType,
  name = "",
): TensorInit => ({
  name,
  dims: shape.map(BigInt),
  dataType: dataTypes[type],
  rawData: rawBytes(values, type),
})

/** The type of a value: its sizes are numbers, or names of sizes known when the model runs. */
export const valueInfo = (
  name: string,
  type: ValueType,
  shape: ReadonlyArray<number | string>,
): ValueInfoInit => ({
  name,
  type: {
    value: {
      case: "tensorType",
      value: {
        elemType: dataTypes[type],
        shape: {
          dim: shape.map((size) => ({
            value:
              typeof size === "string"
                ? ({ case: "dimParam", value: size } as const)
                : ({ case: "dimValue", value: BigInt(size) } as const),
          })),
        },
      },
    },
  },
})

/** Protobuf messages end at two gibibytes. */
const maxBytes = 2 ** 31 - 1

/** The bytes of a model around `graph`: IR version 8 and operators of version 17, which every reader of ONNX 1.12 knows. */
export const modelBytes = (graph: GraphInit): Uint8Array => {
  const weights = (graph.initializer ?? []).reduce(
    (sum, { rawData }) => sum + (rawData?.length ?? 0),
    0,
  )
  if (weights > maxBytes) {
    throw new GraphError(
      `toOnnx: the constants take ${weights} bytes, and an ONNX model ends at ${maxBytes}. ` +
        `Pass large tensors as inputs.`,
    )
  }
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: "@pushforward/graph",
      opsetImport: [{ domain: "", version: 17n }],
      graph,
    }),
  )
}
