"""Tables of images, written by tests."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from made_files import encoded, photo


def csv(path: Path, *lines: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def parquet(path: Path, columns: dict[str, Any], meta: dict[str, Any] | None = None, **options: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = pa.table(columns)
    pq.write_table(made.replace_schema_metadata({"huggingface": json.dumps(meta)} if meta else None), path, **options)
    return str(path)


def structs(numbers: range) -> list[dict[str, Any]]:
    return [{"bytes": encoded(photo(number)), "path": f"{number}.png"} for number in numbers]


CLASSES = {"info": {"features": {"label": {"names": ["shoe", "coat", "bag"], "_type": "ClassLabel"}}}}
