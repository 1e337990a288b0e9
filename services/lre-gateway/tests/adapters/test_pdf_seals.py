"""What the seal of a proof is worth."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lre_gateway.adapters.pdfs import PdfSealCheck
from lre_gateway.adapters.render import Pages
from sandbox.ar24.papers.seal import Seal

PDF = "application/pdf"


@pytest.fixture(scope="module")
def seals(tmp_path_factory: pytest.TempPathFactory) -> tuple[Seal, Path, Path]:
    """Return a provider's seal, its root's file and the root's file of somebody else."""
    folder = tmp_path_factory.mktemp("seals")
    made = [Seal.in_folder(folder / name) for name in ("provider", "stranger")]
    files = []
    for number, seal in enumerate(made):
        files.append(folder / f"{number}.pem")
        files[-1].write_bytes(seal.root.public_bytes(Encoding.PEM))
    return made[0], files[0], files[1]


def test_a_seal_is_trusted_under_its_root_only(seals: tuple[Seal, Path, Path]) -> None:
    seal, root, other = seals
    sealed = seal.seal(Pages().pdf("Preuve"), datetime.now(UTC), "preuve")
    assert PdfSealCheck(root).check(sealed, PDF) == "trusted"
    assert PdfSealCheck(other).check(sealed, PDF) == "untrusted"
    assert PdfSealCheck(None).check(sealed, PDF) == "unknown"


@pytest.mark.parametrize("trusting", [True, False])
def test_a_sealed_file_that_was_changed_is_trusted_by_nobody(seals: tuple[Seal, Path, Path], *, trusting: bool) -> None:
    seal, root, _ = seals
    sealed = bytearray(seal.seal(Pages().pdf("Preuve"), datetime.now(UTC), "preuve"))
    sealed[len(sealed) // 3] ^= 1
    assert PdfSealCheck(root if trusting else None).check(bytes(sealed), PDF) == "untrusted"


def test_a_file_without_a_seal_has_none_and_garbage_is_not_trusted(seals: tuple[Seal, Path, Path]) -> None:
    check = PdfSealCheck(seals[1])
    assert check.check(Pages().pdf("Preuve"), PDF) == "none"
    assert check.check(b"PK\x03\x04", "application/zip") == "none"
    assert check.check(b"%PDF-1.7 broken", PDF) == "untrusted"
