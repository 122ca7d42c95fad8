"""The list of mutants is true of the source: each rule stands where it is said to, and the tests named are there."""

from collections import Counter

import pytest

from tests.house.test_asvs import collected_from
from tests.mutants import ALL
from tests.mutants.mutant import ROOT

pytestmark = pytest.mark.once


def test_every_rule_stands_once_where_it_is_said_to() -> None:
    assert {(one.file, one.text): n for one in ALL if (n := one.times_found()) != 1} == {}


def test_without_a_rule_the_source_is_another() -> None:
    assert [one.rule for one in ALL if one.text == one.instead] == []
    assert [one for one, times in Counter((m.file, m.mutated()) for m in ALL).items() if times > 1] == []
    assert [rule for rule, times in Counter(one.rule for one in ALL).items() if times > 1] == []


def test_without_a_rule_the_source_can_still_be_read() -> None:
    for one in ALL:
        if one.file.endswith(".py"):
            compile(one.mutated(), one.file, "exec")


def test_the_tests_that_should_notice_are_there() -> None:
    gone = {
        test
        for one in ALL
        for test in one.tests
        if test.partition("::")[2] not in collected_from(test.partition("::")[0])
        and not ("::" not in test and (ROOT / test).is_file())
    }
    assert gone == set()
    assert [one.rule for one in ALL if not one.tests] == []


def test_there_are_at_least_forty() -> None:
    assert len(ALL) >= 40
