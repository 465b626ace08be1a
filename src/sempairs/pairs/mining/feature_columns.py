"""Where the features stand in a table that somebody else wrote: one column of lists, or columns of floats."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float32

from sempairs.core.errors import UserError


def feature_columns(path: Path, schema: pa.Schema) -> list[str]:
    """The names of the columns that hold the features. Raises UserError if there are none, or several kinds."""
    if "id" not in schema.names:
        raise UserError(
            f"{path} has no column 'id'", got=", ".join(schema.names), todo="name the column of image ids so"
        )
    lists = [field.name for field in schema if _is_list(field.type)]
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    if "features" in lists:
        return ["features"]
    if len(lists) > 1 or (lists and floats):
        got = ", ".join([*lists, *floats][:10])
        raise UserError(f"{path} has several columns that could be the features", got=got, todo="name one `features`")
    if not lists and not floats:
        got = ", ".join(f"{field.name} ({field.type})" for field in schema)
        raise UserError(
            f"{path} has no features", got=got, todo="give a column of lists of numbers, or columns of floats"
        )
    return lists or floats


def vectors(path: Path, columns: list[pa.ChunkedArray]) -> Float32[np.ndarray, "m d"]:
    """One list column, or several columns side by side. Raises UserError for empty cells and lists of other lengths."""
    if not pa.types.is_nested(columns[0].type):
        return np.stack([float32(column.cast(pa.float64()).to_numpy()) for column in columns], axis=1)
    blocks, widths = [], set()
    for chunk in columns[0].chunks:
        flat = chunk.flatten()
        if chunk.null_count or flat.null_count:
            raise UserError(f"{path} has images without features", got="empty cells", todo="drop their rows")
        if len(chunk):
            widths |= set(np.unique(chunk.value_lengths().to_numpy()).tolist())
            blocks.append(float32(flat.to_numpy(zero_copy_only=False)))
    if len(widths) != 1 or 0 in widths:
        got = "lengths " + ", ".join(map(str, sorted(widths)[:5])) if widths else "no rows"
        raise UserError(f"{path} does not have vectors of one length", got=got, todo="extract the features again")
    return np.concatenate(blocks).reshape(-1, widths.pop())


def float32(values: np.ndarray) -> np.ndarray:
    """As float32; what is too large for it becomes infinite, which is an error of its own."""
    with np.errstate(over="ignore", invalid="ignore"):  # a signalling NaN is invalid
        return np.asarray(values, dtype=np.float32)


def _is_list(kind: pa.DataType) -> bool:
    lists = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(lists and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type)))
