"""Tables in Markdown."""

from collections.abc import Collection, Iterable, Sequence


def markdown_table(
    heads: Sequence[str], rows: Iterable[Iterable[str]], *, words: Collection[str] | None = None
) -> list[str]:
    """Return the lines of a table: the columns named in `words` to the left (the first by default), the
    others, which hold figures, to the right."""
    left = heads[:1] if words is None else words
    rule = "|".join("---" if head in left else "---:" for head in heads)
    # a bar in a cell would end it
    head, *body = (" | ".join(cell.replace("|", "\\|") for cell in row) for row in (heads, *rows))
    return [f"| {head} |", f"|{rule}|", *(f"| {row} |" for row in body)]
