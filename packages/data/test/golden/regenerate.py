"""Arrays saved by NumPy, for the reader's tests. A maintenance tool, not a test: python3 regenerate.py, in this folder."""

import numpy as np

arrays = {
    "floats": np.array([[1.5, -2.25, np.inf], [0, 1e-40, np.nan]], dtype=np.float32),
    "doubles": np.array([np.pi, -1e300]),
    "bytes": np.arange(250, 256, dtype=np.uint8).reshape(1, 2, 3),
    "flags": np.array([True, False]),
    "shorts": np.array([-3, 7], dtype=np.int16),
    "longs": np.array([2**62, -1]),
    "number": np.array(42, dtype=np.int32),
    "nothing": np.zeros((0, 3), dtype=np.float32),
}
np.savez("stored.npz", **arrays)
np.savez_compressed("deflated.npz", **arrays)
