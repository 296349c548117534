"""The real datasets that questions are asked about, from packages that are installed: no network.

`frame` is the table as its package ships it, for expected figures; `write` makes the file that an analyst
would hand over, in the kinds that people send: CSV (also with semicolons and decimal commas), TSV, JSON
lines, Parquet, Excel.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Dataset:
    """A table, where it is from, and how its file is written."""

    source: str
    load: Callable[[], pd.DataFrame]
    write: Callable[[pd.DataFrame, Path], None]


@cache
def frame(name: str) -> pd.DataFrame:
    """Return the table of the file; it is shared, so don't change it."""
    return DATASETS[name].load()


def write(name: str, folder: Path) -> Path:
    """Write the file into the folder, and return its path."""
    path = folder / name
    DATASETS[name].write(frame(name), path)
    return path


def _vega(name: str) -> pd.DataFrame:
    data = files("vega_datasets") / "_data" / name
    with data.open("rb") as file:
        return pd.read_json(file, convert_dates=False) if name.endswith(".json") else pd.read_csv(file)


def _statsmodels(folder: str, **options: str) -> pd.DataFrame:
    data = files("statsmodels.datasets") / folder / f"{folder}.csv"
    with data.open("rb") as file:
        return pd.read_csv(file, **options)


def _lifelines(name: str) -> pd.DataFrame:
    with (files("lifelines.datasets") / name).open("rb") as file:
        return pd.read_csv(file)


def _iris() -> pd.DataFrame:
    from sklearn.datasets import load_iris

    iris = load_iris(as_frame=True)
    return iris.data.assign(species=[iris.target_names[number] for number in iris.target])


def _wine() -> pd.DataFrame:
    from sklearn.datasets import load_wine

    wine = load_wine(as_frame=True)
    return wine.data.assign(cultivar=[wine.target_names[number] for number in wine.target])


def _weather() -> pd.DataFrame:
    weather = _vega("seattle-weather.csv")
    return weather.assign(date=pd.to_datetime(weather["date"]))


def _co2() -> pd.DataFrame:
    """Monthly means of the weekly measurements, from the first full year on."""
    weekly = _statsmodels("co2", dtype={"date": str})
    monthly = weekly.set_index(pd.to_datetime(weekly["date"])).co2.resample("MS").mean()
    return monthly["1959":].rename_axis("month").reset_index()


def _csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False)


def _tsv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, sep="\t")


def _decimal_commas(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, sep=";", decimal=",")


def _json_lines(table: pd.DataFrame, path: Path) -> None:
    table.to_json(path, orient="records", lines=True)


def _parquet(table: pd.DataFrame, path: Path) -> None:
    table.to_parquet(path, index=False)


def _excel(table: pd.DataFrame, path: Path) -> None:
    table.to_excel(path, index=False, sheet_name="data")


def _excel_by_year(table: pd.DataFrame, path: Path) -> None:
    with pd.ExcelWriter(path) as workbook:
        for year, rows in table.groupby("year"):
            rows.drop(columns="year").to_excel(workbook, index=False, sheet_name=f"harvest {year}")


DATASETS: Mapping[str, Dataset] = {
    "anscombe.csv": Dataset("vega_datasets: Anscombe 1973", lambda: _vega("anscombe.json"), _csv),
    "barley.xlsx": Dataset("vega_datasets: Immer et al. 1934", lambda: _vega("barley.json"), _excel_by_year),
    "cars.csv": Dataset("vega_datasets: cars of 1970–82, StatLib", lambda: _vega("cars.json"), _csv),
    "co2.csv": Dataset("statsmodels: CO₂ at Mauna Loa, Keeling & Whorf", _co2, _csv),
    "democracies.csv": Dataset("lifelines: Cheibub et al. 2010", lambda: _lifelines("dd.csv"), _csv),
    "grunfeld.csv": Dataset("statsmodels: Grunfeld 1958", lambda: _statsmodels("grunfeld"), _csv),
    "iowa-electricity.jsonl": Dataset(
        "vega_datasets: U.S. EIA", lambda: _vega("iowa-electricity.csv"), _json_lines
    ),
    "iris.csv": Dataset("scikit-learn: Fisher 1936", _iris, _csv),
    "longley.csv": Dataset("statsmodels: Longley 1967", lambda: _statsmodels("longley"), _csv),
    "seattle-weather.parquet": Dataset("vega_datasets: NOAA", _weather, _parquet),
    "spector.csv": Dataset(
        "statsmodels: Spector & Mazzeo 1980",
        lambda: _statsmodels("spector", sep=" ", quotechar="'"),
        _csv,
    ),
    "stackloss.csv": Dataset("statsmodels: Brownlee 1965", lambda: _statsmodels("stackloss"), _csv),
    "stocks.tsv": Dataset("vega_datasets: monthly prices 2000–10", lambda: _vega("stocks.csv"), _tsv),
    "sunspots.csv": Dataset(
        "statsmodels: yearly sunspot numbers, SIDC", lambda: _statsmodels("sunspots"), _decimal_commas
    ),
    "us-employment.csv": Dataset(
        "vega_datasets: U.S. BLS, seasonally adjusted, thousands", lambda: _vega("us-employment.csv"), _csv
    ),
    "wine.xlsx": Dataset("scikit-learn: wine cultivars, UCI", _wine, _excel),
}
