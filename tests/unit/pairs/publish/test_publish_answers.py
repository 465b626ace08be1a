"""The questions, and what is said to answers that are missing or wrong."""

import tomllib

import pytest

from made_published import about, answers, given, terms
from sempairs.core.errors import UserError
from sempairs.pairs.publish.answers import check_complete, parse_answers, read_answers
from sempairs.pairs.publish.questions import QUESTIONS, SECTIONS, template

# Every text that must be given, as the file names it.
MANDATORY = [
    *(f"about.{key}" for key in ("name", "title", "description", "version", "date", "url", "licence")),
    "creators.name", "sources.name", "sources.licence", "sources.url",
    "changes.version", "changes.date", "changes.text",
    *(f"{question.section}.{question.key}" for question in QUESTIONS if question.mandatory),
]  # fmt: skip


def test_complete_answers_pass():
    check_complete(answers(), encoder=False)


@pytest.mark.parametrize("place", MANDATORY)
def test_each_mandatory_answer_that_is_empty_is_named(place):
    tables = given()
    table, _, key = place.partition(".")
    (tables[table][0] if isinstance(tables[table], list) else tables[table])[key] = "  \n"
    with pytest.raises(UserError) as error:
        check_complete(parse_answers(tables), encoder=False)
    assert error.value.problem == "1 mandatory answers are empty"
    assert error.value.got == place


def test_the_template_asks_everything_and_is_refused_as_it_is():
    tables = tomllib.loads(template('a "name"', "", encoder=True))
    assert tables["about"]["name"] == 'a "name"'
    assert {section: list(tables[section]) for section in SECTIONS} == {
        section: [question.key for question in QUESTIONS if question.section == section] for section in SECTIONS
    }
    with pytest.raises(UserError) as error:
        check_complete(parse_answers(tables), encoder=True)
    prefilled = {"about.name", "about.version", "changes.version", "changes.text"}
    assert set(error.value.got.split(", ")) == {*MANDATORY, "encoder.name", "encoder.licence"} - prefilled


@pytest.mark.parametrize("table", ["creators", "sources", "changes"])
def test_tables_of_which_one_is_needed(table):
    with pytest.raises(UserError, match=rf"{table} \(no table at all\)"):
        check_complete(answers(**{table: []}), encoder=False)


def test_the_licence_of_the_encoders_weights_is_asked_where_an_encoder_chose_the_pairs():
    with pytest.raises(UserError, match="encoder"):
        check_complete(answers(), encoder=True)
    with pytest.raises(UserError, match=r"encoder\.licence"):
        check_complete(answers(encoder={"name": "a net"}), encoder=True)
    check_complete(answers(encoder={"name": "pca", "licence": "none"}), encoder=True)
    check_complete(answers(encoder={"name": "a net", "licence": "CC-BY-NC-4.0"}), encoder=True)  # recorded, free
    with pytest.raises(UserError, match="'whatever' is no licence"):
        check_complete(answers(encoder={"name": "a net", "licence": "whatever"}), encoder=True)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"about": about(name="../up")}, "letters, digits"),
        ({"about": about(version="1.0")}, r"MAJOR\.MINOR\.PATCH"),
        ({"about": about(date="22.11.2026")}, "must be a date"),
        ({"about": about(url="ftp://example.org")}, "address of the web"),
        ({"about": about(version="2.0.0")}, "changes must be those of this version"),
        ({"sources": [*terms("MIT"), *terms("CC0-1.0")]}, "each source needs a name of its own"),
        ({"sources": [terms("MIT")[0] | {"name": "the pairs and verdicts"}]}, "each source needs a name of its own"),
    ],
)
def test_answers_of_the_wrong_form(changes, match):
    with pytest.raises(UserError, match=match):
        check_complete(answers(**changes), encoder=False)


def test_what_nobody_asked_is_refused_with_the_nearest_question():
    with pytest.raises(UserError, match="did you mean 'motivation'"):
        answers(motivations={})
    with pytest.raises(UserError, match="did you mean 'purpose'"):
        answers(motivation={"purposes": "x"})
    with pytest.raises(UserError, match="about"):
        answers(about={"colour": "red"})


def test_files_that_are_no_answers(tmp_path):
    with pytest.raises(UserError, match="--questions"):
        read_answers(tmp_path / "none.toml")
    for name, data in {"broken.toml": b"[about\n", "binary.toml": b"\xff\xfe\x00"}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UserError, match="is not TOML"):
            read_answers(tmp_path / name)
    (tmp_path / "huge.toml").write_bytes(b"#" * (1 << 21))
    with pytest.raises(UserError, match="too large"):
        read_answers(tmp_path / "huge.toml")
