"""Describing, comparing groups, and correlation."""

from scipy import stats

from tests.evaluation.datasets import frame
from tests.evaluation.question import Ask, Size, Talk, each


def talks() -> list[Talk]:
    """Return the conversations."""
    cars, iris, wine, anscombe = map(frame, ("cars.csv", "iris.csv", "wine.xlsx", "anscombe.csv"))
    weather, barley = frame("seattle-weather.parquet"), frame("barley.xlsx")
    power = cars.groupby("Origin").Horsepower
    welch = stats.ttest_ind(
        *(power.get_group(origin).dropna() for origin in ("USA", "Japan")), equal_var=False
    )
    first = barley[barley.year == 1931]
    sites = stats.kruskal(*(rows["yield"] for _, rows in first.groupby("site")))
    pairs = cars[["Acceleration", "Horsepower"]].dropna()
    petals = iris["petal length (cm)"].corr(iris["petal width (cm)"])
    return [
        Talk(
            "iris.csv",
            Ask(
                # NIST/ITL and every textbook: Fisher's irises, one-way analysis of variance
                "Is the sepal length (cm) different between the species? Do a one-way ANOVA.",
                {"F": "119.2645", "p|p-value": "1.67e-31"},
            ),
        ),
        Talk(
            "cars.csv",
            Ask(
                "Compare the Horsepower of cars from USA and Japan with a Welch t-test",
                {**each(power.mean()[["USA", "Japan"]]), "t": Size(float(welch.statistic))},
            ),
        ),
        Talk(
            "cars.csv",
            Ask("Do American and European cars differ in Weight_in_lbs?", said=("USA", "Europe")),
        ),
        Talk(
            "cars.csv",
            Ask(
                "Is Horsepower higher in Europe than in Japan?",
                each(power.mean()[["Europe", "Japan"]]),
                ("Europe", "Japan"),
            ),
        ),
        Talk(
            "wine.xlsx",
            Ask(
                "Which variables are most correlated with proline?",
                {
                    name: wine.proline.corr(wine[name])
                    for name in ("alcohol", "color_intensity", "total_phenols", "flavanoids")
                },
            ),
        ),
        Talk(
            "wine.xlsx",
            Ask(
                "Is alcohol different between the cultivars?",
                each(wine.groupby("cultivar").alcohol.mean()),
                ("ANOVA|analysis of variance|Welch|Kruskal",),
            ),
        ),
        Talk(
            "barley.xlsx",
            Ask(
                "Kruskal-Wallis test of yield by site in the sheet harvest 1931",
                {"H|Kruskal|statistic": sites.statistic},
            ),
        ),
        Talk(
            "wine.xlsx",
            Ask(
                "Describe proline",
                {
                    "mean": wine.proline.mean(),
                    "sd|standard deviation": wine.proline.std(),
                    "median": wine.proline.median(),
                },
            ),
        ),
        Talk(
            "cars.csv",
            Ask(
                "How strongly are Horsepower and Weight_in_lbs correlated?",
                {"": cars.Horsepower.corr(cars.Weight_in_lbs)},
            ),
        ),
        Talk(
            "cars.csv",
            Ask(
                "Spearman rank correlation between Acceleration and Horsepower",
                {"": stats.spearmanr(pairs.Acceleration, pairs.Horsepower).statistic},
            ),
        ),
        Talk(
            "iris.csv",
            Ask(
                "Correlation matrix of all measurements in iris.csv",
                {("petal length", "petal width"): petals, ("sepal length", "petal length"): 0.871754},
            ),
        ),
        Talk(
            "anscombe.csv",
            # Anscombe 1973: the same mean in all four, 7.50
            Ask("Average Y for every Series", {"I": "7.50", "II": "7.50", "III": "7.50", "IV": "7.50"}),
            Ask("Do X and Y correlate?", {"": anscombe.X.corr(anscombe.Y)}),
        ),
        Talk(
            "seattle-weather.parquet",
            Ask(
                "Is it windier on rainy than on sunny days? Compare wind between the weather rain and sun.",
                {**each(weather.groupby("weather").wind.mean()[["rain", "sun"]])},
            ),
        ),
    ]
