"""Many cases in one test: each one is tried, and each one that fails is named."""

import pytest
from llm.every_case import every_case


@every_case(("numerator", "denominator", "ratio"), [(6, 2, 3), (6, 3, 3), (6, 0, 3), (7, 2, 3)])
def division(numerator: int, denominator: int, ratio: int) -> None:
    assert numerator / denominator == ratio


def test_each_case_that_fails_is_named_whatever_it_raised() -> None:
    with pytest.raises(AssertionError) as told:
        division()
    lines = str(told.value).splitlines()
    assert lines[0] == "3 of 4 cases fail:"
    assert [line for line in lines if line.startswith("- ")] == [
        "- 6, 3, 3: AssertionError: assert (6 / 3) == 3",
        "- 6, 0, 3: ZeroDivisionError: division by zero",
        "- 7, 2, 3: AssertionError: assert (7 / 2) == 3",
    ]


def test_an_error_that_does_not_come_is_a_failure() -> None:
    @every_case("text", ["1", "a"])
    def refused(text: str) -> None:
        with pytest.raises(ValueError, match="invalid"):
            int(text)

    with pytest.raises(AssertionError, match=r"^1 of 2 cases fail:\n- '1': Failed: DID NOT RAISE"):
        refused()


def test_cases_of_cases_are_tried_in_every_pair() -> None:
    tried = []

    @every_case("left", "ab")
    @every_case("right", (1, 2))
    def pair(left: str, right: int) -> None:
        tried.append((left, right))

    pair()
    assert tried == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]


def test_a_case_of_another_length_is_a_failure() -> None:
    @every_case(("left", "right"), [(1,)])
    def pair(left: int, right: int) -> None:
        raise NotImplementedError

    with pytest.raises(AssertionError, match="ValueError: zip"):
        pair()


def test_a_test_of_no_case_is_refused() -> None:
    with pytest.raises(ValueError, match="a test of every text needs at least one case"):
        every_case("text", [])


@every_case("name", ["first", "second"])
def test_fixtures_are_given_as_to_any_test(name: str, request: pytest.FixtureRequest) -> None:
    assert request.function.__name__ == "test_fixtures_are_given_as_to_any_test"
    assert "name" not in request.fixturenames
