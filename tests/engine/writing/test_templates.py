"""Templates: fields of person, organization and deal; what is missing is shown and never sent as nothing."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.writing.desk import DEAL, FIELDS
from tui.engine.errors import ConfigError, InvalidInput, NotFound
from tui.engine.model import Draft
from tui.engine.paths import Paths
from tui.engine.templates import Template, fill, template, templates, unfilled


def body(text: str, fields: dict[str, dict[str, str] | str] = FIELDS) -> str:
    return fill(Template("t", "", text), fields).body


def test_fields_are_filled() -> None:
    filled = fill(Template("t", "About {{ deal.title }}", "Dear {{ person.first_name }},\n{{ deal.value }}."), FIELDS)
    assert (filled.subject, filled.body, filled.missing) == ("About Acme licences", "Dear Ann,\n12,000 EUR.", ())
    assert FIELDS["deal"] == DEAL


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{{ person.title }}", "person.title"),
        ("{{ person.title|upper }}", "PERSON.TITLE"),
        ("{{ nobody.name.first }}", "nobody.name.first"),
        ("{{ deal['lost_reason'] }}", "deal.lost_reason"),
        ("{{ 'x' ~ organization.name }}", "organization.name"),
    ],
)
def test_an_empty_field_is_a_mark_and_stops_the_message(text: str, name: str) -> None:
    filled = fill(Template("t", "", text), FIELDS)
    assert filled.missing == (name,)
    assert unfilled(Draft(1, body=filled.body)) == [name]


def test_a_deal_or_person_without_a_field_is_its_name() -> None:
    """Nobody gets to see how the program keeps a deal."""
    assert body("{{ deal }} and {{ person }}") == f"{FIELDS['deal']['title']} and {FIELDS['person']['name']}"  # type: ignore[index]
    assert fill(Template("t", "", "{{ organization }}"), {**FIELDS, "organization": {}}).missing == ("organization",)


def test_a_template_may_say_what_stands_for_an_empty_field() -> None:
    assert body("Dear {{ person.title or 'friend' }}") == "Dear friend"
    assert body("Dear {{ person.title|default('friend') }}") == "Dear friend"
    assert body("{% if person.title %}x{% else %}y{% endif %}") == "y"


def test_marks_that_others_wrote_stop_nothing_while_they_are_quoted() -> None:
    assert unfilled(Draft(1, body="Yes.\n> ⟦deal.value⟧")) == []
    assert unfilled(Draft(1, subject="⟦x⟧")) == ["x"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ person.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ person.update({'a': 1}) }}",
        "{% for i in range(10000000) %}x{% endfor %}",
        "{% include '/etc/passwd' %}",
        "{{ 1 / 0 }}",
        "{{ person.name",
        "{% if %}",
    ],
)
def test_the_sandbox_gives_nothing_away(text: str) -> None:
    """Either refused by name or a mark; never Python's inner things, files, or endless work."""
    with contextlib.suppress(InvalidInput):
        filled = fill(Template("evil", "", text), FIELDS)
        assert filled.missing
        assert "class" not in filled.body.replace(filled.missing[0], "")


def test_a_template_that_is_not_well_formed_is_named() -> None:
    with pytest.raises(InvalidInput, match='"offer"'):
        fill(Template("offer", "", "{{ person.name"), FIELDS)


@given(st.text(max_size=60))
def test_a_value_is_text_and_never_a_template(value: str) -> None:
    """A deal or person with braces in its name is written as it is."""
    fields: dict[str, dict[str, str] | str] = {"person": {"name": value}}
    from tui.engine import text

    assert body("{{ person.name }}.", fields) == text.clean(f"{value}.")
    assert "\n" not in fill(Template("t", "{{ person.name }}", ""), fields).subject


def test_files_are_templates_with_or_without_a_subject(tmp_path: Path) -> None:
    paths = Paths.of(tmp_path)
    folder = paths.config / "templates"
    assert templates(paths) == []
    folder.mkdir(parents=True)
    (folder / "offer.txt").write_text("Subject: Offer for {{ organization.name }}\r\n\r\nHello\r\n")
    (folder / "bye.md").write_text("Kind *regards*\n")
    assert templates(paths) == [
        Template("offer", "Offer for {{ organization.name }}", "Hello"),
        Template("bye", "", "Kind *regards*"),
    ]
    with pytest.raises(NotFound, match="nothing"):
        template(paths, "nothing")
    (folder / "bad.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"bad\.txt"):
        templates(paths)
