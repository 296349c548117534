"""Small datasets with published results, as R, NIST and statsmodels give them."""

import io

import pandas as pd


def sleep() -> pd.DataFrame:
    """Student's hours of extra sleep under two drugs (Biometrika 6, 1908); R's `sleep`."""
    extra = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    extra += [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    ids = [*range(1, 11)]
    return pd.DataFrame({"extra": extra, "drug": ["a"] * 10 + ["b"] * 10, "patient": ids * 2})


def motor_cars() -> pd.DataFrame:
    """Miles per gallon, gearbox (0 automatic, 1 manual) and weight in 1,000 lb of 32 cars; R's `mtcars`."""
    mpg = (
        "21 21 22.8 21.4 18.7 18.1 14.3 24.4 22.8 19.2 17.8 16.4 17.3 15.2 10.4 10.4 14.7 32.4 30.4 33.9 21.5"
    )
    mpg += " 15.5 15.2 13.3 19.2 27.3 26 30.4 15.8 19.7 15 21.4"
    wt = "2.62 2.875 2.32 3.215 3.44 3.46 3.57 3.19 3.15 3.44 3.44 4.07 3.73 3.78 5.25 5.424 5.345 2.2 1.615"
    wt += " 1.835 2.465 3.52 3.435 3.84 3.845 1.935 2.14 1.513 3.17 2.77 3.57 2.78"
    manual = [1, 1, 1] + [0] * 14 + [1] * 3 + [0] * 5 + [1] * 7
    return pd.DataFrame({"mpg": [*map(float, mpg.split())], "am": manual, "wt": [*map(float, wt.split())]})


def plant_growth() -> pd.DataFrame:
    """Dried weight of plants under a control and two treatments (Dobson, 1983); R's `PlantGrowth`."""
    weights = {
        "ctrl": [4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14],
        "trt1": [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
        "trt2": [6.31, 5.12, 5.54, 5.50, 5.37, 5.29, 4.92, 6.15, 5.80, 5.26],
    }
    return _stacked("weight", "group", weights)


def tooth_growth() -> pd.DataFrame:
    """Length of guinea pigs' teeth by supplement and dose in mg a day (Crampton, 1947); R's `ToothGrowth`."""
    lengths = {
        ("VC", 0.5): "4.2 11.5 7.3 5.8 6.4 10 11.2 11.2 5.2 7",
        ("VC", 1.0): "16.5 16.5 15.2 17.3 22.5 17.3 13.6 14.5 18.8 15.5",
        ("VC", 2.0): "23.6 18.5 33.9 25.5 26.4 32.5 26.7 21.5 23.3 29.5",
        ("OJ", 0.5): "15.2 21.5 17.6 9.7 14.5 10 8.2 9.4 16.5 9.7",
        ("OJ", 1.0): "19.7 23.3 23.6 26.4 20 25.2 25.8 21.2 14.5 27.3",
        ("OJ", 2.0): "25.5 26.4 22.4 24.5 24.8 30.9 26.4 27.3 29.4 23",
    }
    rows = [(float(each), *cell) for cell, values in lengths.items() for each in values.split()]
    return pd.DataFrame(rows, columns=["len", "supp", "dose"])


def conformity() -> pd.DataFrame:
    """Conformity by partner's status and authoritarianism (Moore and Krupat, 1971); `Moore` of R's
    carData."""
    low = (
        """8:l 4:h 8:h 7:l 10:l 6:l 12:m 4:m 13:l 12:l 4:m 13:h 7:l 9:m 9:h 24:h 6:l 7:h 23:h 13:h 8:l 12:l"""
    )
    high = """19:h 12:m 21:l 9:h 23:l 7:h 17:m 14:m 11:h 16:m 15:l 20:m 8:m 12:l 14:h 14:m 17:m 7:m 17:m 13:h
    16:l 10:h 15:m"""
    names = {"l": "low", "m": "medium", "h": "high"}
    cells = [(each.split(":"), "low") for each in low.split()]
    cells += [(each.split(":"), "high") for each in high.split()]
    rows = [(int(score), names[level], status) for (score, level), status in cells]
    return pd.DataFrame(rows, columns=["conformity", "fcategory", "partner_status"])


def air_quality() -> pd.DataFrame:
    """Ozone in New York (parts per billion) by month, May to September 1973; R's `airquality`. Days without a
    value are left out."""
    months = {
        5: "41 36 12 18 28 23 19 8 7 16 11 14 18 14 34 6 30 11 1 11 4 32 23 45 115 37",
        6: "29 71 39 23 21 37 20 12 13",
        7: "135 49 32 64 40 77 97 97 85 10 27 7 48 35 61 79 63 16 80 108 20 52 82 50 64 59",
        8: "39 9 16 78 35 66 122 89 110 44 28 65 22 59 23 31 44 21 9 45 168 73 76 118 84 85",
        9: "96 78 73 91 47 32 20 23 21 24 44 21 28 9 13 46 18 13 24 16 13 23 36 7 14 30 14 18 20",
    }
    return _stacked("ozone", "month", {month: [*map(int, days.split())] for month, days in months.items()})


def resistivity() -> pd.DataFrame:
    """Resistivity of silicon wafers by instrument: NIST StRD, SiRstv."""
    digits = {
        1: (3052, 1240, 1890, 2569, 3403),
        2: (3042, 3825, 1669, 3257, 422),
        3: (1303, 2005, 2889, 343, 1811),
        4: (2795, 1748, 1494, 1485, -115),
        5: (2119, 1051, 1850, 52, 2090),
    }
    return _stacked(
        "resistance", "instrument", {i: [(1960000 + d) / 1e4 for d in ds] for i, ds in digits.items()}
    )


def simon_lesage(offset: float, replicates: int) -> pd.DataFrame:
    """Nine treatments that differ in the first decimal: NIST StRD, SmLs01 (offset 1, 21 replicates) to SmLs09
    (offset 1e12, 2001 replicates)."""
    centres = [0.4, 0.3, 0.5, 0.3, 0.5, 0.3, 0.5, 0.3, 0.5]
    half = (replicates - 1) // 2
    responses = {
        treatment: [offset + tenth for tenth in [centre, *([centre - 0.1, centre + 0.1] * half)]]
        for treatment, centre in enumerate(centres, 1)
    }
    return _stacked("response", "treatment", responses)


def speed_of_light() -> pd.DataFrame:
    """Michelson's speed of light in air, 1879, in 1,000 km/s: NIST StRD, Michelso; R's `morley`."""
    excess = """850 740 900 1070 930 850 950 980 980 880 1000 980 930 650 760 810 1000 1000 960 960
    960 940 960 940 880 800 850 880 900 840 830 790 810 880 880 830 800 790 760 800
    880 880 880 860 720 720 620 860 970 950 880 910 850 870 840 840 850 840 840 840
    890 810 810 820 800 770 760 740 750 760 910 920 890 860 880 720 840 850 850 780
    890 840 780 810 760 810 790 810 820 850 870 870 810 740 810 940 950 800 810 870"""
    return pd.DataFrame({"speed": [(299_000 + int(each)) / 1000 for each in excess.split()]})


def norris() -> pd.DataFrame:
    """Calibration of ozone monitors: NIST StRD, Norris."""
    pairs = """0.1,0.2 338.8,337.4 118.1,118.2 888.0,884.6 9.2,10.1 228.1,226.5 668.5,666.3
    998.5,996.3 449.1,448.6
    778.9,777.0 559.2,558.2 0.3,0.4 0.1,0.6 778.1,775.5 668.8,666.9 339.3,338.0 448.9,447.5 10.8,11.6
    557.7,556.0 228.3,228.1 998.0,995.8 888.8,887.6 119.6,120.2 0.3,0.3 0.6,0.3 557.6,556.8 339.3,339.1
    888.0,887.2 998.5,999.0 778.9,779.0 10.2,11.1 117.6,118.3 228.9,229.2 668.4,669.1 449.2,448.9
    0.2,0.5"""
    return pd.read_csv(io.StringIO("\n".join(["y,x", *pairs.split()])))


def _stacked(value: str, group: str, samples: dict) -> pd.DataFrame:
    rows = [(each, name) for name, values in samples.items() for each in values]
    return pd.DataFrame(rows, columns=[value, group])
