/** What a mutated copy of the workspace is judged by. Its imports are copies too when it is imported as one. */
export * as cpu from "../../backend-cpu/src/index.ts"
export * as bijectors from "../../bijectors/src/index.ts"
export * as core from "../../core/src/index.ts"
export * as distributions from "../../distributions/src/index.ts"
export * as flows from "../../flows-maf-iaf/src/index.ts"
export * as made from "../../made/src/index.ts"
export * as laws from "../src/index.ts"
