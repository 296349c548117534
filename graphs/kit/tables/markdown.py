"""Tables in Markdown."""

from collections.abc import Iterable, Sequence


def markdown_table(
    heads: Sequence[str], rows: Iterable[Iterable[str]], *, right: Sequence[bool] = ()
) -> list[str]:
    """Return the lines of a table; `right` says which columns are aligned so (by default all but one)."""
    aligned = right or [place > 0 for place in range(len(heads))]
    rule = "|".join("---:" if to_the_right else "---" for to_the_right in aligned)
    # a bar in a cell would end it
    head, *body = (" | ".join(cell.replace("|", "\\|") for cell in row) for row in (heads, *rows))
    return [f"| {head} |", f"|{rule}|", *(f"| {row} |" for row in body)]
