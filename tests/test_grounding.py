"""The numbers that a question grounds."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tracedsl.grounding import Ground, grounded, occurrences
from tracedsl.vocabulary import default

LEXICON = default().lexicon
CASES = [
    ("16 eggs", {16}),
    ("$80,000 and 1,200.50", {80000, Fraction("1200.5")}),
    (".5 hours", {Fraction(1, 2)}),
    ("3/4 cup and 2 1/2 cups", {1, 2, 3, 4, Fraction(3, 4), Fraction(5, 2)}),
    ("\u00bd a pie", {Fraction(1, 2)}),
    ("twenty-five", {25}),
    ("one hundred and five", {105}),
    ("two thousand three hundred", {2300}),
    ("five six", {5, 6}),
    ("three, four", {3, 4}),
    ("two and a half hours", {2, Fraction(5, 2)}),
    ("3 and a quarter", {3, Fraction(13, 4)}),
    ("half as many", {2, Fraction(1, 2), 50}),
    ("a dozen, twice", {12, 2}),
    ("two-thirds", {2, 3, Fraction(1, 3), Fraction(2, 3)}),
    ("five eighths", {5, 8, Fraction(5, 8)}),
    ("half a dozen", {6, 12, 2, Fraction(1, 2)}),
    ("half a million", {500_000, 1_000_000, 2, Fraction(1, 2)}),
    ("half an apple", {2, Fraction(1, 2)}),
    ("20%", {20, Fraction(1, 5), Fraction(4, 5), Fraction(6, 5), 80, 120}),
    ("thirty percent", {30, Fraction(3, 10), Fraction(7, 10), Fraction(13, 10), 70, 130}),
    ("the 3rd time", {3}),
    ("nothing at all", set()),
    ("1.5 million and 7 hundred", {Fraction(3, 2), 1_500_000, 1_000_000, 7, 700, 100}),
    ("2\u00bd hours", {2, Fraction(1, 2), Fraction(5, 2)}),
    ("a 20-percent cut", {20, Fraction(1, 5), Fraction(4, 5), Fraction(6, 5), 80, 120}),
    ("hundred " * 3000, {10**18}),
    ("often someone listens", set()),
    ("9" * 60, set()),
    ("between twenty and five", {20, 5}),
    ("thirty and six apples", {30, 6}),
    ("one hundred and two hundred", {100, 200}),
    ("one thousand and two thousand", {1000, 2000}),
    ("two hundred thousand and three", {200_003}),
    ("one hundred and twenty thousand", {120_000}),
    ("three million two hundred thousand and five", {3_200_005}),
    ("an hour and a half", {Fraction(3, 2), 2, Fraction(1, 2), 50}),
    ("two and a half million", {2, Fraction(5, 2), 2_500_000, 1_000_000}),
    ("2\u00bd million", {2, Fraction(1, 2), Fraction(5, 2), 500_000, 1_000_000, 2_500_000}),
    ("1/2%", {1, 2, *(Fraction(value, 200) for value in (100, 1, 199, 201)), Fraction(199, 2), Fraction(201, 2)}),
    (
        "12 and a half percent",
        {12, *(Fraction(value, 8) for value in (100, 1, 7, 9)), Fraction(175, 2), Fraction(225, 2)},
    ),
]


@pytest.mark.parametrize(("question", "expected"), CASES, ids=[question[:30] for question, _ in CASES])
def test_a_question_grounds_its_numbers(question: str, expected: set[int | Fraction]) -> None:
    found = {occurrence.value for occurrence in occurrences(question, LEXICON)}
    assert expected <= found
    scales = {occurrence.value for occurrence in occurrences(question, LEXICON) if occurrence.ground is Ground.SCALE}
    assert found - scales <= expected or len(question) > 9000
    assert grounded(question, LEXICON) == LEXICON.constants | found


def test_occurrences_say_where_they_stand() -> None:
    question = "Ann has twenty-five apples, 20% are red."
    spans = {question[slice(*occurrence.span)] for occurrence in occurrences(question, LEXICON)}
    assert spans == {"twenty-five", "20", "20%"}
