"""The checks of tests/stress/fuzz.py on its first pages, on its findings, and on mutations."""

from random import Random

import pytest

from tests.stress.fuzz import CORPUS, MAX_SIZE, check, mutated, seeds

PAGES = list(seeds())


def test_the_first_pages_and_all_former_findings_pass() -> None:
    for page in [*PAGES, *(file.read_bytes() for file in sorted(CORPUS.glob("*")))]:
        check(page)


@pytest.mark.fault("D5", "D6", "D7", "D8")
def test_mutated_pages_are_read_without_an_error_or_an_odd_field() -> None:
    random = Random(7)
    for number in range(150):
        page = mutated(random.choice(PAGES), MAX_SIZE, number)
        check(mutated(page, MAX_SIZE, -number))


def test_a_mutation_follows_from_its_seed() -> None:
    assert [mutated(PAGES[0], MAX_SIZE, 5), mutated(PAGES[0], 100, 5)] == [
        mutated(PAGES[0], MAX_SIZE, 5),
        mutated(PAGES[0], MAX_SIZE, 5)[:100],
    ]
