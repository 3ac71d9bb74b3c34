"""Text that is no override."""

from __future__ import annotations

import pytest

from lab.configs._text._grammar import parse_override
from lab.errors import OverrideSyntaxError

UNREADABLE = {
    "nothing": "",
    "no_value": "epochs",
    "no_key": "=3",
    "key_that_is_no_name": "learning rate=3",
    "key_with_two_dots": "optimizer..lr=3",
    "key_that_ends_with_a_dot": "optimizer.=3",
    "bracket_that_is_not_closed": "layers=[1, 2",
    "bracket_that_was_not_opened": "layers=1, 2]",
    "brace_that_is_not_closed": "table={a: 1",
    "pair_without_a_colon": "table={a, b}",
    "quote_that_is_not_closed": "name='run",
    "text_behind_a_quote": "name='run' 3",
    "two_values": "layers=1, 2",
    "nothing_between_commas": "layers=[1,,2]",
    "key_given_twice": "table={a: 1, a: 2}",
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_text(case, refused):
    with refused(OverrideSyntaxError):
        parse_override(UNREADABLE[case])
