"""Tables in Markdown."""

from graphs.kit.tables.markdown import markdown_table


def test_figures_stand_to_the_right() -> None:
    assert markdown_table(["term", "estimate"], [["fin", "-0.379"]]) == [
        "| term | estimate |",
        "|---|---:|",
        "| fin | -0.379 |",
    ]


def test_columns_are_aligned_as_asked() -> None:
    assert markdown_table(["a", "b"], [], right=[True, False])[1] == "|---:|---|"


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert markdown_table(["a|b"], [["c|d"]]) == ["| a\\|b |", "|---|", "| c\\|d |"]
