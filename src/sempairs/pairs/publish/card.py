"""README.md: the card that the Hugging Face Hub shows, and from which its `datasets` library loads the tables."""

from typing import Any

from sempairs.pairs.pairset import SCHEMA
from sempairs.pairs.publish import wording
from sempairs.pairs.publish.citation import bibtex
from sempairs.pairs.publish.publication import Publication

SIZES = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
"""The Hub's classes of size: n<1K, 1K<n<10K, and so on."""
HUB_TYPES = {"string": "string", "double": "float64", "int32": "int32", "int64": "int64", "bool": "bool"}
"""What the Hub calls the types of Arrow."""


def card(publication: Publication) -> str:
    """The text of README.md."""
    answers, sheet = publication.answers, publication.answers.sheet
    parts = [f"---\n{wording.yaml(front_matter(publication))}---\n", f"# {wording.name(answers.about.title)}\n"]
    if publication.is_simulated:
        parts.append(f"> **Note.** {publication.declaration()}\n")
    parts += [
        wording.text(answers.about.description) + "\n",
        f"Version {answers.about.version} of {answers.about.date}, by {wording.name(answers.creator_names())}.\n",
        wording.rows(*wording.counts(publication), head=("What is in it", "")),
        f"## What it is for\n\n{wording.text(sheet['uses']['intended'])}\n",
        f"**Not for:** {wording.text(sheet['uses']['unsuited'])}\n",
        f"**Biases:** {wording.text(sheet['uses']['biases'])}\n",
        "## How to load it\n",
        _loading(publication),
        "## What a row tells\n",
        wording.rows(*((f"`{key}`", means) for key, means in wording.COLUMNS.items()), head=("`pairs`", "")),
    ]
    if publication.facts.classes:
        classes = [(wording.name(key), f"{count:,}") for key, count in publication.facts.classes.items()]
        title = "## Pairs of each class" if len(classes) <= 20 else f"## The 20 commonest of {len(classes):,} classes"
        parts += [f"{title}\n", wording.rows(*classes[:20], head=("class", "pairs"))]
    for title, lines in {
        "How the pairs were judged": [wording.text(line) for line in wording.judged(publication)],
        "Licence": wording.licensed(publication),
        "Evaluation sets": wording.leaks(publication),
    }.items():
        parts.append(f"## {title}\n\n" + "\n".join(f"- {line}" for line in lines) + "\n")
    parts.append(f"## Citation\n\n```bibtex\n{bibtex(answers)}\n```\n")
    cited = [f"- {wording.text(source.citation)}" for source in answers.sources if source.citation]
    parts += ["The images come from\n", "\n".join(cited) + "\n"] if cited else []
    parts.append(
        "`DATASHEET.md` answers more, `provenance.json` is for programs, and `sempairs pairs verify` checks all."
    )
    return "\n".join(parts) + "\n"


def front_matter(publication: Publication) -> dict[str, Any]:
    """What the Hub reads of a card."""
    facts, licence = publication.facts, publication.licence
    judges = ["expert-generated"] if facts.simulated_votes < facts.votes else []
    judges += ["machine-generated"] if facts.simulated_votes else []
    configs = _configs(publication)
    return {
        "license": licence.hub,
        **({"license_name": licence.spdx, "license_link": "LICENSE"} if licence.hub == "other" else {}),
        "pretty_name": publication.answers.about.title,
        "size_categories": [_size(facts.pairs)],
        "annotations_creators": judges or ["no-annotation"],
        "task_categories": ["image-feature-extraction"],
        "tags": ["semantic-pairs", "self-supervised-learning", "croissant", *publication.answers.about.keywords],
        "configs": [
            {"config_name": name, **({"default": True} if name == "pairs" else {}), "data_files": files}
            for name, (files, _) in configs.items()
        ],
        "dataset_info": [{"config_name": name, "features": features} for name, (_, features) in configs.items()],
    }


def _configs(publication: Publication) -> dict[str, tuple[str, list[dict[str, str]]]]:
    """The files and columns of each table."""
    pairs = [{"name": field.name, "dtype": HUB_TYPES[str(field.type)]} for field in SCHEMA]
    configs = {"pairs": ("data/pairs-*.parquet", pairs)}
    if publication.facts.vote_columns:
        votes = [
            {"name": name, "dtype": HUB_TYPES.get(kind, kind)} for name, kind in publication.facts.vote_columns.items()
        ]
        configs["annotations"] = ("annotations.parquet", votes)
    if publication.images is not None:
        kinds = {"image": "image"}
        images = [{"name": name, "dtype": kinds.get(name, "string")} for name in wording.IMAGE_COLUMNS]
        configs["images"] = ("images/images-*.parquet", images)
    return configs


def _size(pairs: int) -> str:
    for number, (low, high) in enumerate(zip(("", *SIZES), SIZES, strict=False)):
        if pairs < 1000 * 10**number:
            return f"{low}<n<{high}" if low else f"n<{high}"
    return f"n>{SIZES[-1]}"


def _loading(publication: Publication) -> str:
    address = "DIR"
    lines = [
        "```python",
        "from pathlib import Path\n",
        "from sempairs.pairs.publish import load\n",
        f'pairs = load(Path("{address}"))  # checks every sum; pair set {publication.facts.hash}',
        "```\n",
        "Without sempairs, any reader of Parquet will do:\n",
        "```python",
        "import pyarrow.dataset\n",
        f'pairs = pyarrow.dataset.dataset("{address}/data").to_table()',
        "```",
    ]
    if publication.images is not None:
        lines += [
            "\nThe images are in `images/`: the column `id` is what `a` and `b` name, `image` holds PNG files. They",
            "are the frames that the pairs were made of, re-encoded, and hold nothing but pixels.",
        ]
    else:
        lines.append("\nThe images are not part of this folder: `a` and `b` are their ids in the source.")
    return "\n".join(lines) + "\n"
