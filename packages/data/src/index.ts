/**
 * Tables of numbers from files, with errors that say what to mend.
 *
 * @since 0.1.0
 */
export { checkFinite } from "./checkFinite.ts"
export { checkFittable } from "./checkFittable.ts"
export { checkIndependent } from "./checkIndependent.ts"
export { copiedShare } from "./copiedShare.ts"
export { DataError, DataErrorReason } from "./DataError.ts"
export { formatCsv } from "./formatCsv.ts"
export { fromColumns, fromRows, type RowsInput } from "./fromArrays.ts"
export { parseCsv, type ParsedTable, type ParseOptions } from "./parseCsv.ts"
export { type NpyOptions, openNpy } from "./openNpy.ts"
export { type NumpyArray, parseNpy } from "./parseNpy.ts"
export { readNpz } from "./readNpz.ts"
export { type ColumnProfile, profileColumns } from "./profileColumns.ts"
export { readTable } from "./readTable.ts"
export { joinColumns, joinRows, repeatRows, select, takeRows } from "./rearrange.ts"
export { column, type Table, toRows } from "./Table.ts"
export type { TableSource } from "./TableSource.ts"
export { systemProblem } from "./systemProblem.ts"
export { checkWritable, writeBytes } from "./writeBytes.ts"
export { writeCsv } from "./writeCsv.ts"
