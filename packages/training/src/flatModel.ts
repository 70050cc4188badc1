import {
  mapParams,
  paramLeaves,
  type Param,
  type Parametric,
  type Params,
  type ParamTensors,
  type Site,
  sizeOf,
  type Tree,
} from "@pushforward/core"
import * as tf from "@tensorflow/tfjs-core"

/** The leaves of one role, and how they lie in their flat vector. */
interface Layout {
  readonly names: ReadonlyArray<string>
  readonly shapes: ReadonlyArray<ReadonlyArray<number>>
  readonly sizes: ReadonlyArray<number>
}

const layoutOf = (params: Params, role: Param["role"]): Layout => {
  const leaves = paramLeaves(params).filter(([, leaf]) => leaf.role === role)
  return {
    names: leaves.map(([path]) => path.join("/")),
    shapes: leaves.map(([, leaf]) => leaf.shape),
    sizes: leaves.map(([, leaf]) => sizeOf(leaf.shape)),
  }
}

const split = (flat: tf.Tensor, { sizes, shapes }: Layout): ReadonlyArray<tf.Tensor> =>
  sizes.length === 0
    ? []
    : tf.split(flat, [...sizes]).map((part, i) => tf.reshape(part, [...shapes[i]!]))

const join = (leaves: ReadonlyArray<tf.Tensor>): tf.Tensor =>
  leaves.length === 0 ? tf.zeros([0]) : tf.concat1d(leaves.map((leaf) => tf.reshape(leaf, [-1])))

/** A recipe over two flat vectors, trainable values and state, as the training step carries them. */
export interface FlatModel<A> {
  /** Builds with flat parameters. */
  readonly build: (trainable: tf.Tensor, state: tf.Tensor, site?: Site) => A
  /** The state that layers report while rows pass in mode `"gather"`. */
  readonly gather: (
    trainable: tf.Tensor,
    state: tf.Tensor,
    site: Site,
    pass: (built: A) => void,
  ) => tf.Tensor
  /** A loss, its gradient with respect to the flat vector, and the state the layers reported. */
  readonly valueAndGrad: (
    trainable: tf.Tensor,
    state: tf.Tensor,
    site: Site,
    loss: (built: A) => tf.Tensor,
  ) => { readonly value: tf.Tensor; readonly gradient: tf.Tensor; readonly state: tf.Tensor }
}

/** Lays a recipe's parameters, shaped like `like`, into flat vectors. */
export const flatModel = <A>(recipe: Parametric<A>, like: Params): FlatModel<A> => {
  const layouts = { trainable: layoutOf(like, "trainable"), state: layoutOf(like, "state") }
  const tree = (
    trainable: ReadonlyArray<tf.Tensor>,
    state: ReadonlyArray<tf.Tensor>,
  ): ParamTensors => {
    const queues = { trainable: [...trainable], state: [...state] }
    return mapParams(like, ({ role }) => queues[role].shift()!) satisfies Tree<tf.Tensor>
  }
  const place = (path: ReadonlyArray<string>): number => layouts.state.names.indexOf(path.join("/"))
  return {
    build: (trainable, state, site) =>
      recipe.build(tree(split(trainable, layouts.trainable), split(state, layouts.state)), site),
    gather: (trainable, state, site, pass) => {
      const stateLeaves = [...split(state, layouts.state)]
      const report = (path: ReadonlyArray<string>, reported: tf.Tensor): void => {
        stateLeaves[place(path)] = reported
      }
      pass(
        recipe.build(tree(split(trainable, layouts.trainable), split(state, layouts.state)), {
          ...site,
          mode: "gather",
          report,
        }),
      )
      return join(stateLeaves)
    },
    valueAndGrad: (trainable, state, site, loss) => {
      const stateLeaves = [...split(state, layouts.state)]
      // The gradient's own scope frees what is not returned: keep reports past it, free them here.
      const reports: Array<tf.Tensor> = []
      // Gradients are taken leaf by leaf: through the split, each would be padded to the whole vector's length.
      const { value, grads } = tf.valueAndGrads((...leaves: Array<tf.Tensor>) =>
        tf.mean(
          loss(
            recipe.build(tree(leaves, stateLeaves), {
              ...site,
              report: (path, reported) => {
                reports.push(tf.keep(reported))
                stateLeaves[place(path)] = reported
              },
            }),
          ),
        ),
      )(split(trainable, layouts.trainable) as Array<tf.Tensor>)
      const result = { value, gradient: join(grads), state: join(stateLeaves) }
      tf.dispose(reports)
      return result
    },
  }
}
