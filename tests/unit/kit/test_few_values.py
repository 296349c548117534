"""The texts of columns that hold few, which the session's state carries."""

from pathlib import Path

from graphs.kit.columns import columns_of


def values_of(folder: Path, content: str) -> dict[str, list[str]]:
    path = folder / "a.csv"
    path.write_text(content)
    return {column["name"]: column["values"] for column in columns_of(path) if "values" in column}


def test_kinds_are_known_and_names_of_single_things_are_not(tmp_path: Path) -> None:
    rows = "".join(f"name {number},{'north' if number % 2 else 'south'},{number}\n" for number in range(40))
    assert values_of(tmp_path, f"name,region,size\n{rows}") == {"region": ["north", "south"]}


def test_many_or_long_texts_are_not_kept(tmp_path: Path) -> None:
    rows = "".join(f"kind {number % 31},{'x' * 41},\n" for number in range(100))
    assert values_of(tmp_path, f"kind,note,empty\n{rows}") == {}


def test_gaps_are_no_value(tmp_path: Path) -> None:
    assert values_of(tmp_path, "kind,size\na,1\n,2\na,3\nb,4\n") == {"kind": ["a", "b"]}


def test_the_texts_of_a_wide_table_are_bounded_in_total(tmp_path: Path) -> None:
    names = ["short", *(f"wide_{number}" for number in range(99))]
    rows = "".join(
        f"{'ab'[number % 2]},{','.join(f'{number % 25} {name} {chr(120) * 25}' for name in names[1:])}\n"
        for number in range(60)
    )
    values = values_of(tmp_path, f"{','.join(names)}\n{rows}")

    assert values["short"] == ["a", "b"]
    assert 2 < len(values) < 20
    assert sum(len(text) for texts in values.values() for text in texts) <= 6_000
