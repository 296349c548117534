"""The words that a set of tools is declared with, and how much each says about which tool is meant."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property, lru_cache

from graphs.kit.planner.declarations import ToolProfile
from graphs.kit.planner.prose import masked
from graphs.kit.planner.words import STOP_STEMS, content_stems, stem, tokens


class Vocabulary:
    """Counts over the declared tools."""

    def __init__(self, tools: Sequence[ToolProfile]) -> None:
        self._tools = tools

    @cached_property
    def owners(self) -> Counter[tuple[str, ...]]:
        """How many tools declare each keyword."""
        return Counter(keyword for tool in self._tools for keyword in tool.keywords)

    @cached_property
    def single_owners(self) -> frozenset[str]:
        """The words that occur in the keywords of one tool only."""
        used = [{word for keyword in tool.keywords for word in keyword} for tool in self._tools]
        counts = Counter(word for words in used for word in words)
        return frozenset(word for word, count in counts.items() if count == 1 and word not in STOP_STEMS)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The words of all keywords and examples."""
        return frozenset(self.rarity)

    @cached_property
    def rarity(self) -> dict[str, float]:
        """The inverse frequency over tools of the words in their examples and keywords."""
        counts: Counter[str] = Counter()
        for tool in self._tools:
            in_examples = {word for example in tool.examples for word in example_stems(example)}
            counts.update(in_examples | {word for keyword in tool.keywords for word in keyword})
        return {word: math.log(1 + len(self._tools) / count) for word, count in counts.items()}

    @cached_property
    def verbs(self) -> Counter[str]:
        """How many tools' descriptions begin with each word."""
        return Counter(words[0] for tool in self._tools if (words := description_stems(tool.description)))

    def likeness(self, said: frozenset[str], example: str) -> float:
        """Return how alike the words are to the example's, from 0 to 1 (cosine of the words' rarities)."""
        known, wanted = (said & self.rarity.keys()) - STOP_STEMS, example_stems(example)
        shared = self._weight(known & wanted)
        return shared / math.sqrt(self._weight(known) * self._weight(wanted)) if shared else 0.0

    def _weight(self, words: frozenset[str]) -> float:
        return sum(self.rarity[word] ** 2 for word in words)


@lru_cache(maxsize=32)
def vocabulary(tools: tuple[ToolProfile, ...]) -> Vocabulary:
    """Return the vocabulary of the tools."""
    return Vocabulary(tools)


@lru_cache(maxsize=1024)
def example_stems(example: str) -> frozenset[str]:
    """Return the stems of the example's words that say something; names of files do not."""
    return content_stems(masked(example))


@lru_cache(maxsize=512)
def description_stems(description: str) -> tuple[str, ...]:
    """Return the stems of the description's first sentence that say something, in order."""
    sentence = re.split(r"(?<=[.!?])\s|\n\n", description.strip())[0]
    said = content_stems(sentence)
    return tuple(token.stem for token in tokens(sentence) if token.stem in said)


@lru_cache(maxsize=512)
def name_stems(name: str) -> frozenset[str]:
    """Return the stems of the longer words of a tool's name."""
    return frozenset(stem(word) for word in name.split("_") if len(word) > 3)
