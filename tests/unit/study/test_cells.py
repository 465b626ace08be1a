"""Which runs a study has, against lists written down by hand, and the parts of a study that is shared out."""

import itertools

import pytest

from sempairs.core.errors import UserError
from sempairs.study.cells import Cell, Condition, Design, cells_of
from sempairs.study.matrix import Study
from sempairs.study.shards import Shard

LEVELS = {"method": ("simclr", "byol"), "encoder": ("small", "vit"), "views": ("full", "none"), "budget": ("all",)}
ARMS, SEEDS = ("augmented", "semantic"), (0, 1, 2)


def conditions(*designs: Design) -> list[tuple[str, str, str]]:
    """Method, encoder and views of each condition, once, in the order in which they are run."""
    found = dict.fromkeys(cell.condition for cell in cells_of(designs, LEVELS, ARMS, SEEDS))
    return [(condition.method, condition.encoder, condition.views) for condition in found]


def test_a_product_has_every_combination():
    cells = cells_of([Design()], LEVELS, ARMS, SEEDS)
    assert len(cells) == len(set(cells)) == 2 * 2 * 2 * 1 * len(ARMS) * len(SEEDS)
    assert {cell.condition for cell in cells} == {Condition(*levels) for levels in itertools.product(*LEVELS.values())}


def test_runs_come_seed_by_seed_and_arms_lie_side_by_side():
    cells = cells_of([Design(encoders=("small",), views=("full",))], LEVELS, ARMS, SEEDS)
    assert [(cell.seed, cell.method, cell.arm) for cell in cells[:5]] == [
        (0, "simclr", "augmented"), (0, "simclr", "semantic"), (0, "byol", "augmented"), (0, "byol", "semantic"),
        (1, "simclr", "augmented"),
    ]  # fmt: skip


def test_a_design_chooses_arms_seeds_and_levels():
    design = Design(arms=("semantic",), seeds=(2, 0), methods=("byol",), encoders=("vit",))
    cells = cells_of([design], LEVELS, ARMS, SEEDS)
    assert [(cell.arm, cell.seed, cell.method, cell.condition.views) for cell in cells] == [
        ("semantic", 0, "byol", "full"), ("semantic", 0, "byol", "none"),
        ("semantic", 2, "byol", "full"), ("semantic", 2, "byol", "none"),
    ]  # fmt: skip


def test_one_at_a_time_leaves_the_first_level_of_one_factor_at_a_time():
    design = Design(kind="one-at-a-time", vary=("methods", "views"))
    assert conditions(design) == [("simclr", "small", "full"), ("byol", "small", "full"), ("simclr", "small", "none")]


def test_one_at_a_time_begins_with_its_own_first_levels():
    design = Design(kind="one-at-a-time", methods=("byol",), views=("none", "full"), vary=("encoders", "views"))
    assert conditions(design) == [("byol", "small", "none"), ("byol", "vit", "none"), ("byol", "small", "full")]


def test_a_list_has_its_rows_and_first_levels_where_a_row_is_silent():
    design = Design(kind="list", rows=({"method": "byol", "encoder": "vit"}, {"views": "none"}))
    assert conditions(design) == [("byol", "vit", "full"), ("simclr", "small", "none")]


def test_a_run_of_two_designs_is_made_once():
    varied = Design(kind="one-at-a-time", vary=("views",))
    assert conditions(Design(kind="list", rows=({"method": "byol"},)), varied, varied) == [
        ("byol", "small", "full"), ("simclr", "small", "full"), ("simclr", "small", "none"),
    ]  # fmt: skip


def test_a_cell_comes_back_from_its_json():
    cell = Cell("semantic", 3, Condition("byol", "vit", "none", "long"))
    assert Cell.from_json({**cell.to_json(), "value": 1.0}) == cell


@pytest.fixture
def linked(tables):
    """Two methods, three seeds and an arm that looks through the encoder of another: 30 runs."""
    tables["seeds"] = [0, 1, 2]
    tables["methods"]["byol"] = {"name": "byol", "hidden": 8, "embedding": 4}
    tables["arms"]["looked"] = {"about": "own", "miner": {"name": "mutual", "k": 5}, "through": "augmented"}
    return Study.check(tables)


@pytest.mark.parametrize("of", [1, 2, 3, 7, 8, 9, 20])
def test_parts_of_a_study_are_apart_and_together_are_all_of_it(tables, of):
    study = Study.check(tables)  # eight runs
    parts = [Shard(number, of).cells(study) for number in range(1, of + 1)]
    assert sorted(map(str, itertools.chain(*parts))) == sorted(map(str, study.cells))
    # Shared out evenly: no part has two more than another.
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize("of", [1, 2, 3, 5, 7, 30, 50])
def test_an_arm_stays_with_the_arm_it_looks_through(linked, of):
    parts = [Shard(number, of).cells(linked) for number in range(1, of + 1)]
    assert sorted(map(str, itertools.chain(*parts))) == sorted(map(str, linked.cells))
    for cell in linked.cells:
        teacher = Cell("augmented", cell.seed, cell.condition)
        if cell.arm == "looked":
            assert [part for part in parts if cell in part] == [part for part in parts if teacher in part]


def test_a_part_is_given_as_number_and_parts():
    assert Shard.parse("3/8") == Shard(3, 8)
    assert str(Shard.parse("08/8")) == "8/8"


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0"])
def test_there_is_no_part_nought_and_none_behind_the_last(text):
    with pytest.raises(UserError, match=f"no such part(?s:.*){text}(?s:.*)counts from 0"):
        Shard.parse(text)


@pytest.mark.parametrize("text", ["", "3", "/4", "1/", "1/2/3", "-1/4", "one/two", "1.5/2"])
def test_what_is_no_part_of_anything(text):
    with pytest.raises(UserError, match="NUMBER/PARTS"):
        Shard.parse(text)
