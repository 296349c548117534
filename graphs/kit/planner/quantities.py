"""Which figures of a request are the values of which number arguments."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from graphs.kit.planner.cues import (
    ADJACENT,
    EXPLICIT,
    Place,
    best_matching,
    cue_places,
    cue_score,
    explicit_span,
)
from graphs.kit.planner.declarations import Argument, ToolProfile, argument_words, declared_words
from graphs.kit.planner.figures import Figure, figures, unit_before
from graphs.kit.planner.negation import negation_before
from graphs.kit.planner.units import PERCENT, UNITS, convert, unit_named
from graphs.kit.planner.words import STOP_STEMS, stems, tokens

_UNIT_FITS = 2.0
_ITEM = re.compile(r"[.)]\s+[A-Za-z]")
_ITEM_BEFORE = re.compile(r"(?:^|\n|[:;,.]\s|\()\s*$")
_A_YEAR = re.compile(r"\s*(?:19|20)\d\d\s*")
_FIRST = r"best|worst|most|least|fewest|highest|lowest|largest|smallest|biggest|greatest"
_BEFORE_RANKED = re.compile(rf"\s+(?:{_FIRST}|oldest|newest|latest|earliest)\b", re.IGNORECASE)
_BEHIND_RANKED = re.compile(rf"\b(?:{_FIRST}|top|bottom|first|last|next|previous|past)\s+$", re.IGNORECASE)
"""Around how many are meant: "the five largest", "the last two years"."""

PERIODS = "periods"
"""The unit of a number of periods, which the text may name itself: 6 months are six."""
_UNIT_STEMS = frozenset(word for unit in UNITS for word in stems(unit))


@dataclass
class Quantities:
    """The values found, by argument, what is wrong with values that were given, and figures without use."""

    values: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Reading:
    text: str
    figures: tuple[Figure, ...]
    places: Mapping[str, list[Place]]
    known_words: frozenset[str]
    argument_words: frozenset[str]

    def cue(self, argument: Argument, figure: Figure) -> float:
        answer = explicit_span(self.text, argument)
        if answer and answer[0] <= figure.start and figure.end <= answer[1]:
            return EXPLICIT
        others = [(other.start, other.end) for other in self.figures if other.run != figure.run]
        score = cue_score(self.text, self.places[argument.name], figure.start, figure.end, others)
        if score and argument.bound and argument.bound == figure.bound:
            return score + 4.0
        return score - 1.0 if score and _noun_after(self.text, figure) - self.known_words else score


def find_quantities(
    text: str, tool: ToolProfile, kept: Mapping[str, Any], *, cued_only: bool = False
) -> Quantities:
    """Return the values of the tool's number arguments that the text gives.

    `text` is masked: no file names, quotes or code. `kept` are the arguments of an earlier call that the
    text varies. With `cued_only`, figures without a cue beside them are left alone.
    """
    arguments = tool.of_kind("number")
    extra = tuple(argument.unit for argument in arguments if argument.unit and not unit_named(argument.unit))
    places = cue_places(text, arguments, tool.keywords)
    reading = _Reading(text, figures(text, extra), places, declared_words(tool), argument_words(tool))
    found = Quantities()
    free = _take_lists(reading, [a for a in arguments if a.many], found, cued_only)
    scalars = [argument for argument in arguments if not argument.many]
    free = _take_scalars(reading, scalars, free, found, cued_only)
    if not cued_only:
        _note_second_values(reading, scalars, free, found)
        settled = {*found.values, *found.problems}
        missing = [a for a in scalars if a.required and a.name not in {*settled, *kept}]
        varied = [a for a in scalars if kept.get(a.name) is not None and a.name not in settled]
        free = _take_in_order(reading, missing or varied, free, found)
    found.unused = [
        text[figure.start : figure.end].strip() for figure in free if _says_how_much(text, figure)
    ]
    return found


def _says_how_much(text: str, figure: Figure) -> bool:
    """Return whether the figure sets something: a number, a year, or how many of the first; no other "two",
    no item's number."""
    if _ITEM.match(text, figure.end) and _ITEM_BEFORE.search(text[: figure.start]):
        return False
    ranks = _BEFORE_RANKED.match(text, figure.end) or _BEHIND_RANKED.search(text[: figure.start])
    return not figure.loose or bool(ranks or _A_YEAR.fullmatch(text, figure.start, figure.end))


def _note_second_values(
    reading: _Reading, arguments: Sequence[Argument], free: list[Figure], found: Quantities
) -> None:
    """A figure left over that a cue claims for an argument with another value makes that one unclear."""
    for argument in arguments:
        if argument.name not in found.values or explicit_span(reading.text, argument):
            continue
        for figure in free:
            value, _ = _converted(argument, figure)
            second = _given(reading.text, argument, figure)
            if value is None or figure.loose or second == found.values[argument.name]:
                continue
            if reading.cue(argument, figure) >= ADJACENT:
                first = found.values.pop(argument.name)
                found.problems[argument.name] = f"you gave {_named(first)} and {_named(second)}"
                break


def _take_scalars(
    reading: _Reading, arguments: Sequence[Argument], free: list[Figure], found: Quantities, cued_only: bool
) -> list[Figure]:
    scores = [
        {
            index: score
            for index, figure in enumerate(free)
            if (score := _score(reading, argument, figure, arguments, cued_only)) > 0
        }
        for argument in arguments
    ]
    chosen = best_matching(scores)
    for argument, index in zip(arguments, chosen, strict=True):
        if index is not None:
            _keep(reading.text, argument, free[index], found)
    return [figure for index, figure in enumerate(free) if index not in chosen]


def _keep(text: str, argument: Argument, figure: Figure, found: Quantities) -> None:
    value, _ = _converted(argument, figure)
    problem = _limit_problem(argument, value)
    if problem:
        found.problems[argument.name] = problem
    else:
        found.values[argument.name] = _given(text, argument, figure)


def _score(
    reading: _Reading, argument: Argument, figure: Figure, arguments: Sequence[Argument], cued_only: bool
) -> float:
    """A figure fits by a cue beside it, or by a unit that only this argument has."""
    value, unit_score = _converted(argument, figure)
    if _leaves_out(reading.text, figure):
        return 0.0
    if value is None or (figure.ratio and not _is_ratio(argument)):
        return 0.0
    cue = reading.cue(argument, figure)
    if _limit_problem(argument, value) and cue < ADJACENT:
        return 0.0
    order = 0.01 * (
        argument.required - 0.1 * _rank(argument, arguments) * (1 + reading.figures.index(figure))
    )
    if cue:
        return cue + unit_score + order
    if cued_only or unit_score < _UNIT_FITS:
        return 0.0
    alike = [other for other in arguments if _same_dimension(other, argument)]
    position = _position_in_run(reading, figure)
    if position is not None and position < len(alike) and alike[position] is argument:
        return unit_score + 1.5 + order
    return unit_score + order if argument.required or len(alike) == 1 else 0.0


def _leaves_out(text: str, figure: Figure) -> bool:
    """Return whether a year is left out: "not in 2024"."""
    return bool(_A_YEAR.fullmatch(text, figure.start, figure.end) and negation_before(text, figure.start))


def _rank(argument: Argument, arguments: Sequence[Argument]) -> int:
    return next(index for index, other in enumerate(arguments) if other is argument)


def _position_in_run(reading: _Reading, figure: Figure) -> int | None:
    """Return the place of the figure in its run, when the run has several."""
    run = [other for other in reading.figures if other.run == figure.run]
    return run.index(figure) if len(run) > 1 else None


def _same_dimension(left: Argument, right: Argument) -> bool:
    a, b = unit_named(left.unit), unit_named(right.unit)
    return a.dimension == b.dimension if a and b else left.unit == right.unit


def _is_ratio(argument: Argument) -> bool:
    return any("ratio" in cue.lower() or "allocation" in cue.lower() for cue in argument.own_cues)


def _converted(argument: Argument, figure: Figure) -> tuple[Decimal | None, float]:
    """Return the figure in the argument's unit (None when it can't be) and how well the units fit."""
    source, target = unit_named(figure.unit), unit_named(argument.unit)
    if not figure.unit:
        return _without_unit(argument, figure.value), 0.0 if argument.unit else 0.5
    if argument.unit == PERIODS and source and source.dimension == "time":
        return figure.value, _UNIT_FITS
    if source and target:
        fits = source.dimension == target.dimension
        return (convert(figure.value, source, target), _UNIT_FITS) if fits else (None, 0.0)
    if not argument.unit and source == PERCENT:
        is_share = argument.high is not None and argument.high <= 1
        return figure.value / 100, _UNIT_FITS if is_share else 0.0
    if not argument.unit and figure.unit in {"$", "€", "£", "usd", "eur", "gbp"}:
        return figure.value, 0.0
    same = figure.unit.lower() == argument.unit.lower()
    return (figure.value, _UNIT_FITS) if same else (None, 0.0)


def _without_unit(argument: Argument, value: Decimal) -> Decimal:
    """A bare figure counts in the argument's unit; below 1 it is a share where per cent are wanted."""
    is_share = unit_named(argument.unit) == PERCENT and 0 < value < 1
    return value * 100 if is_share else value


def _limit_problem(argument: Argument, value: Decimal | None) -> str:
    if value is None:
        return ""
    number = float(value)
    if argument.integer and value != value.to_integral_value():
        return f"{_shown(value)} is not a whole number"
    below = argument.low is not None and (
        number < argument.low or (argument.strict_low and number == argument.low)
    )
    above = argument.high is not None and (
        number > argument.high or (argument.strict_high and number == argument.high)
    )
    return f"{_shown(value)}{_unit_suffix(argument)} is out of range" if below or above else ""


def _shown(value: Decimal) -> str:
    return f"{float(value):g}"


def _unit_suffix(argument: Argument) -> str:
    return f" {argument.unit}" if argument.unit else ""


def _given(text: str, argument: Argument, figure: Figure) -> float | int | str:
    """Return what the argument gets: a number in its unit, or the figure with the unit that it has."""
    if argument.as_written:
        return f"{figure.value} {figure.unit or unit_before(text, figure)}".strip()
    return _plain(argument, _converted(argument, figure)[0])


def _named(given: float | str) -> str:
    return given if isinstance(given, str) else f"{given:g}"


def _plain(argument: Argument, value: Decimal | None) -> float | int:
    number = value if value is not None else Decimal(0)
    return int(number) if argument.integer else float(number)


def _take_lists(
    reading: _Reading, arguments: Sequence[Argument], found: Quantities, cued_only: bool
) -> list[Figure]:
    """Give each list argument the run of figures that its cue stands beside; return the figures left."""
    runs: dict[int, list[Figure]] = {}
    for figure in reading.figures:
        runs.setdefault(figure.run, []).append(figure)
    scores = [
        {
            number: score
            for number, run in runs.items()
            if (score := _run_score(reading, argument, run, cued_only))
        }
        for argument in arguments
    ]
    taken: set[int] = set()
    for argument, number in zip(arguments, best_matching(scores), strict=True):
        if number is not None:
            taken.add(number)
            _keep_list(argument, runs[number], found)
    return [figure for figure in reading.figures if figure.run not in taken]


def _run_score(reading: _Reading, argument: Argument, run: list[Figure], cued_only: bool) -> float:
    unit = run[-1].unit
    values = [_converted(argument, figure if figure.unit else _with_unit(figure, unit))[0] for figure in run]
    if any(value is None for value in values) or (argument.length and len(run) != argument.length):
        return 0.0
    cue = max(reading.cue(argument, run[0]), reading.cue(argument, run[-1]))
    if cue:
        return cue
    has_unit = bool(unit) and _converted(argument, run[-1])[1] == _UNIT_FITS
    fits_alone = argument.required or (has_unit and len(run) == argument.length)
    return 1.0 if fits_alone and len(run) > 1 and not cued_only else 0.0


def _with_unit(figure: Figure, unit: str) -> Figure:
    return Figure(figure.value, unit, figure.start, figure.end, run=figure.run, bound=figure.bound)


def _keep_list(argument: Argument, run: list[Figure], found: Quantities) -> None:
    unit = run[-1].unit
    values = [_converted(argument, figure if figure.unit else _with_unit(figure, unit))[0] for figure in run]
    problem = next((text for value in values if (text := _limit_problem(argument, value))), "")
    if problem or (argument.pairs and len(values) % 2):
        found.problems[argument.name] = problem or "every range needs a lower and an upper end"
        return
    plain = [_plain(argument, value) for value in values]
    found.values[argument.name] = (
        [plain[index : index + 2] for index in range(0, len(plain), 2)] if argument.pairs else plain
    )


def _take_in_order(
    reading: _Reading, wanting: list[Argument], free: list[Figure], found: Quantities
) -> list[Figure]:
    """Give the figures that are left to the arguments that want one, when there are equally many.

    Return the figures that are left then.
    """
    plain = [
        figure
        for figure in free
        if not figure.loose and not _labelled(reading, figure) and not _counts(reading, figure)
    ]
    if not wanting or len(plain) != len(wanting):
        return free
    given = list(zip(wanting, plain, strict=True))
    values = [(argument, _converted(argument, figure)[0]) for argument, figure in given]
    if any(value is None or _limit_problem(argument, value) for argument, value in values):
        return free
    found.values |= {argument.name: _given(reading.text, argument, figure) for argument, figure in given}
    return [figure for figure in free if figure not in plain]


def _labelled(reading: _Reading, figure: Figure) -> bool:
    """Return whether a word beside the figure names it as something that the tool does not know."""
    before = re.split(r"[,;:.!?()\n]", reading.text[max(0, figure.start - 60) : figure.start])[-1]
    near = {token.stem for token in tokens(before)[-2:] if _says_something(token.stem)}
    return bool((near | _noun_after(reading.text, figure)) - reading.known_words)


def _counts(reading: _Reading, figure: Figure) -> bool:
    """Return whether the figure counts things ("3 arms"): a noun behind it that is no unit, no argument's."""
    return bool(_noun_after(reading.text, figure) - reading.argument_words - _UNIT_STEMS)


def _noun_after(text: str, figure: Figure) -> set[str]:
    """Return the stem of the word directly behind the figure, if it says something ("64 patients")."""
    after = re.split(r"[,;:.!?()\n]", text[figure.end : figure.end + 60])[0]
    return {token.stem for token in tokens(after)[:1] if _says_something(token.stem)}


def _says_something(word: str) -> bool:
    return word not in STOP_STEMS and not word.isdigit() and len(word) > 1
