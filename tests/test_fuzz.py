"""What tests/stress/fuzz.py looks for, on its first pages, on all that it ever found, and on a few hundred
mutations.
"""

from random import Random

import pytest

from tests.stress.fuzz import CORPUS, LONGEST, check, mutated, seeds

PAGES = list(seeds())


def test_the_pages_to_begin_with_and_those_that_once_found_something_are_read() -> None:
    for page in [*PAGES, *(file.read_bytes() for file in sorted(CORPUS.glob("*")))]:
        check(page)


@pytest.mark.fault("D5", "D6", "D7", "D8")
def test_mutated_pages_are_read_without_an_error_or_an_odd_field() -> None:
    random = Random(7)
    for number in range(150):
        page = mutated(random.choice(PAGES), LONGEST, number)
        check(mutated(page, LONGEST, -number))


def test_a_mutation_can_be_made_again_from_its_number() -> None:
    assert [mutated(PAGES[0], LONGEST, 5), mutated(PAGES[0], 100, 5)] == [
        mutated(PAGES[0], LONGEST, 5),
        mutated(PAGES[0], LONGEST, 5)[:100],
    ]
