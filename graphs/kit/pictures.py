"""What every agent's pictures have in common: plain functions for the modules that draw."""

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def to_png(figure: "Figure") -> bytes:
    """Return the figure as PNG; equal figures give equal bytes.

    Matplotlib would write its version into the file, and the bytes would change with it.
    """
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def literal(text: str) -> str:
    """Return the text so that a dollar sign in it is drawn, not read as the start of a formula."""
    return text.replace("$", r"\$")
