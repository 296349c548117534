"""What PostgreSQL's EXPLAIN says."""

from typing import Any


def rows_read(plan: dict[str, Any], table: str) -> int:
    """Return how many rows of the table an executed plan has read."""
    own = plan["Actual Rows"] * plan["Actual Loops"] if plan.get("Relation Name") == table else 0
    return own + sum(rows_read(child, table) for child in plan.get("Plans", ()))
