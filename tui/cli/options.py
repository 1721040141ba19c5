"""Options that several nouns share: tags, and values of the fields that people declared."""

from __future__ import annotations

import click

tags = click.option("--tag", "tags", multiple=True, metavar="T", help="A tag.")
all_tags = click.option("--tag", "tags", multiple=True, metavar="T", help='All tags from now on; "" for none.')
add_tags = click.option("--add-tag", "add_tags", multiple=True, metavar="T", help="One more tag.")
remove_tags = click.option("--remove-tag", "remove_tags", multiple=True, metavar="T", help="A tag to take away.")
fields = click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value of a field that dealdesk field add declared; NAME= takes it away.",
)


def pairs(said: tuple[str, ...], what: str) -> dict[str, str]:
    """Return ``NAME=VALUE`` options as name -> value.

    Args:
        said: what was given.
        what: an example, for who wrote it otherwise.

    Raises:
        click.UsageError: one has no equals sign or no name.
    """
    found: dict[str, str] = {}
    for one in said:
        name, mark, value = one.partition("=")
        if not mark or not name.strip():
            raise click.UsageError(f'"{one}" says no name and value; write {what}.')
        found[name.strip()] = value
    return found


def values(said: tuple[str, ...]) -> dict[str, str]:
    """Return ``--field`` options as name -> value."""
    return pairs(said, '--field "Size=large"')


__all__ = ["add_tags", "all_tags", "fields", "pairs", "remove_tags", "tags", "values"]
