from pathlib import Path

import pytest
from sandbox.idnot.accounts import Account, Taken, load


def test_an_account_that_was_added_is_there_after_a_restart_with_the_same_subject(accounts_file: Path) -> None:
    account = Account(identifier="New@example.org", password="p", first_name="A", last_name="B")
    load(accounts_file).add(account)
    again = load(accounts_file)
    found = again.check("new@example.org", "p")
    assert found is not None
    assert found.sub == account.sub
    with pytest.raises(Taken):
        again.add(account)
