"""What a scripted model says, whichever provider's form it takes on the wire."""

import json
import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reply:
    """A text, calls of tools (name and arguments; a string stands for arguments as they are), or both.

    `cut_off` says that the reply met the limit of its length.
    """

    text: str = ""
    calls: tuple[tuple[str, dict[str, Any] | str], ...] = ()
    cut_off: bool = False

    @property
    def words(self) -> list[str]:
        """The parts in which the text is streamed."""
        return re.findall(r"\s*\S+", self.text)

    @property
    def written_calls(self) -> list[tuple[str, str]]:
        """The name and the arguments of each call, as JSON or as they are."""
        return [(name, given if isinstance(given, str) else json.dumps(given)) for name, given in self.calls]


def plain(content: str | list[dict[str, Any]]) -> str:
    """Return the text of a message's content, which may be in parts; a part without text shows its type."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", f"<{part['type']}>") for part in content)
