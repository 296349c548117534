"""Environment variables that can't be used, in words for whoever set them; kit and persistence share it."""

import re

from pydantic_core import ErrorDetails

_USER_OF_URL = re.compile(r"(?<=://)[^/@]*(?=@)")


def in_words(error: ErrorDetails) -> str:
    """Return one sentence on a setting that pydantic refused: the variable, its value and the remedy.

    User and password of a URL are left out.
    """
    variable = str(error["loc"][0]).upper()
    value = _USER_OF_URL.sub("…", repr(error["input"]))
    return f"{variable} is {value}: {problem_of(error)}. Correct it or unset it."


def problem_of(error: ErrorDetails) -> str:
    """Return what is wrong with the value, as the end of a sentence that has named it."""
    problem = error["msg"].removeprefix("Value error, ")
    return f"{problem[:1].lower()}{problem[1:]}"
