"""Any text is the same after a second cleaning."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from preview_worker.contract.text import clean, removed_characters


@given(st.text())
def test_clean_changes_nothing_more_when_applied_twice(text):
    once = clean(text)
    assert clean(once) == once
    assert removed_characters(once) == []
    assert unicodedata.is_normalized("NFC", once)
