"""Codes of apps, against the published vectors."""

import pytest
from identity.domain.authenticator import address, matching_step
from identity.domain.device import Device, device

SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The ASCII seed 12345678901234567890 of RFC 6238, appendix B, in base32."""


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_the_vectors_of_rfc_6238_are_found(seconds: int, code: str) -> None:
    assert matching_step(SEED, code, seconds // 30) == seconds // 30


@pytest.mark.bad_input("B34")
@pytest.mark.parametrize(("off", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(off: int, *, taken: bool) -> None:
    step = 1111111109 // 30
    assert matching_step(SEED, "081804", step - off) == (step if taken else None)


@pytest.mark.parametrize("code", ["", "08180", "0818045", "abcdef", "٠٨١٨٠٤", "\x00"])
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert matching_step(SEED, code, 1111111109 // 30) is None


def test_an_app_reads_whose_code_it_is() -> None:
    assert address(SEED, "jeanne@example.org").startswith("otpauth://totp/Scell%C3%A9:jeanne%40example.org?secret=")


@pytest.mark.parametrize(
    ("user_agent", "found"),
    [
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/131.0 Mobile Safari/537.36", Device("Chrome", "Android")),
        ("Mozilla/5.0 (iPhone; like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1", Device("Safari", "iPhone")),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/131.0 Safari/537.36 Edg/131.0", Device("Edge", "Windows")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", Device("Firefox", "Linux")),
        ("curl/8.10", Device()),
        ("", Device()),
    ],
)
def test_a_device_is_known_by_the_names_of_browser_and_system(user_agent: str, found: Device) -> None:
    assert device(user_agent) == found
