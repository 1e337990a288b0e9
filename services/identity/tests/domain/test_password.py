import pytest
from identity.adapters.breached import breached
from identity.domain.password import check_password
from identity.domain.refusals import PasswordRefused

BREACHED = breached()


@pytest.mark.bad_input("B35")
@pytest.mark.covers("L-51")
@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("Court 1", ["length"]),
        ("toutes en minuscules 1", ["upper-case"]),
        ("TOUTES EN MAJUSCULES 1", ["lower-case"]),
        ("Sans Le Moindre Chiffre", ["digit"]),
        (" " * 20, ["upper-case", "lower-case", "digit"]),
        ("Password123456", ["not-well-known"]),
        ("A1a" * 50, ["length"]),
    ],
)
def test_a_password_is_refused_with_all_that_it_lacks(password: str, missing: list[str]) -> None:
    with pytest.raises(PasswordRefused) as refused:
        check_password(password, shortest=12, breached=BREACHED)
    assert refused.value.facts["missing"] == missing


@pytest.mark.covers("L-51")
def test_a_long_sentence_is_a_password() -> None:
    check_password("Une longue phrase, écrite en 2026", shortest=12, breached=BREACHED)


@pytest.mark.covers("L-51")
def test_no_setting_goes_below_the_floor() -> None:
    check_password("Abcdefg8", shortest=8, breached=())
    with pytest.raises(PasswordRefused):
        check_password("Abcdef8", shortest=1, breached=())
