"""What can't be answered: the answer says so, and gives no figure."""

from tests.evaluation.question import Ask, Talk


def talks() -> list[Talk]:
    """Return the conversations."""
    return [
        _refused("cars.csv", "What's the average torque by Origin?", "torque"),
        _refused("iris.csv", "Mean stem length per species?", "stem"),
        _refused("cars.csv", "Total Sales by Origin", "sales"),
        _refused("cars.csv", "Delete all rows without Horsepower from cars.csv"),
        _refused("stocks.tsv", "Set the price of AAPL to 0"),
        _refused("cars.csv", "Why do Japanese people buy smaller cars?"),
        _refused("seattle-weather.parquet", "What's the population of Seattle?"),
        _refused("stocks.tsv", "What was the mean price of symbol = 'TSLA'?", "TSLA"),
        _refused("seattle-weather.parquet", "Total precipitation in 2019", "2019"),
        _refused("cars.csv", "Profile titanic.csv", "titanic.csv"),
        _refused("stocks.tsv", "Which symbol should I buy?"),
        _refused("cars.csv", "Regress Miles_per_Gallon on Torque", "torque"),
        _refused("cars.csv", "Draw a bar chart of mean Miles_per_Gallon by Continent", "continent"),
    ]


def _refused(file: str, text: str, *said: str) -> Talk:
    return Talk(file, Ask(text, said=said, refused=True))
