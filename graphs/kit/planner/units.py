"""Units that people write, and the conversions between those of one dimension."""

from dataclasses import dataclass
from decimal import Decimal

_LENGTH_MM = {
    "µm um micron microns micrometre micrometres micrometer micrometers": "0.001",
    "mm millimetre millimetres millimeter millimeters": "1",
    "cm centimetre centimetres centimeter centimeters": "10",
    "m metre metres meter meters": "1000",
    "in inch inches": "25.4",
    "ft foot feet": "304.8",
}
_AREA_MM2 = {"mm² mm2 mm^2": "1", "cm² cm2 cm^2": "100", "m² m2 m^2": "1000000"}
_VOLUME_MM3 = {
    "mm³ mm3 mm^3": "1",
    "cm³ cm3 cm^3 cc ml millilitre millilitres milliliter milliliters": "1000",
    "l litre litres liter liters": "1000000",
    "m³ m3 m^3": "1000000000",
}
_TIME_MINUTES = {
    "s sec secs second seconds": "1/60",
    "min mins minute minutes": "1",
    "h hr hrs hour hours": "60",
    "d day days": "1440",
    "w wk wks week weeks": "10080",
    "mo month months": "43830",
    "y yr yrs year years": "525960",
}
"""A year has 365.25 days and a month is its twelfth."""
_MASS_G = {
    "mg milligram milligrams": "0.001",
    "g gram grams": "1",
    "kg kilogram kilograms kilo kilos": "1000",
    "oz ounce ounces": "28.349523125",
    "lb lbs pound pounds": "453.59237",
}
_ANGLE_DEGREES = {"° deg degs degree degrees": "1"}
_SHARE_PERCENT = {"% percent pct": "1"}
_TEMPERATURE = {"°c celsius": "1"}
_MONEY = {"$ usd dollar dollars": ("usd", "1"), "€ eur euro euros": ("eur", "1"), "£ gbp": ("gbp", "1")}


@dataclass(frozen=True)
class Unit:
    """A unit: its dimension and how many of the dimension's base unit it is."""

    dimension: str
    factor: Decimal


def _table() -> dict[str, Unit]:
    tables = {
        "length": _LENGTH_MM,
        "area": _AREA_MM2,
        "volume": _VOLUME_MM3,
        "time": _TIME_MINUTES,
        "mass": _MASS_G,
        "angle": _ANGLE_DEGREES,
        "share": _SHARE_PERCENT,
        "temperature": _TEMPERATURE,
        **{currency: {names: factor} for names, (currency, factor) in _MONEY.items()},
    }
    return {
        name: Unit(dimension, _factor(factor))
        for dimension, table in tables.items()
        for names, factor in table.items()
        for name in names.split()
    }


def _factor(text: str) -> Decimal:
    numerator, _, denominator = text.partition("/")
    return Decimal(numerator) / Decimal(denominator or 1)


UNITS = _table()
"""Every way of writing a known unit, in lower case."""

PERCENT = UNITS["%"]


def unit_named(name: str) -> Unit | None:
    """Return the known unit of that name; None for '' and for words that are no unit."""
    return UNITS.get(name.strip().lower())


def convert(value: Decimal, source: Unit, target: Unit) -> Decimal:
    """Return the value in the target unit; both must be of one dimension."""
    if source.dimension != target.dimension:
        raise ValueError(f"{source.dimension} can't be converted to {target.dimension}")
    return value * source.factor / target.factor
