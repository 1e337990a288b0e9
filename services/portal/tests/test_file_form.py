"""The form that sends one file where there is no script: exactly its bytes pass, and nothing else gets in."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from uuid import uuid4

import httpx
import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from portal.file_form import HEAD_BYTES, read_file_form
from portal.forms import FormRefused

BOUNDARY = "----WebKitFormBoundaryE19zNvXGzXaLvS5C"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
LINE = "\r\n"


def form(*parts: tuple[str, bytes], boundary: str = BOUNDARY) -> bytes:
    """Return the body that a browser makes of (headers, content)."""
    made = b"".join(f"--{boundary}\r\n{headers}\r\n\r\n".encode() + content + b"\r\n" for headers, content in parts)
    return made + f"--{boundary}--\r\n".encode()


def plain(name: str, value: bytes) -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="{name}"', value


def file(content: bytes, name: str = "dpe.pdf") -> tuple[str, bytes]:
    return (
        f'Content-Disposition: form-data; name="fichier"; filename="{name}"\r\nContent-Type: application/pdf',
        content,
    )


def read(
    body: bytes, media_type: str = TYPE, *, cuts: Sequence[int] = (), length: str | None = None
) -> tuple[dict[str, str], str, int, bytes]:
    """Let the body come cut at these places; return the fields, and the file's name, announced size and bytes."""
    places = [0, *sorted({cut % (len(body) + 1) for cut in cuts}), len(body)]
    messages = [{"type": "http.request", "body": body[start:end], "more_body": True} for start, end in pairwise(places)]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    coming = iter(messages)

    async def receive() -> dict[str, object]:
        return next(coming)

    async def collected(chunks: AsyncIterator[bytes]) -> bytes:
        return b"".join([chunk async for chunk in chunks])

    async def whole() -> tuple[dict[str, str], str, int, bytes]:
        headers = [(b"content-type", media_type.encode()), (b"content-length", (length or str(len(body))).encode())]
        sent = await read_file_form(Request({"type": "http", "method": "POST", "headers": headers}, receive))
        return dict(sent.fields), sent.name, sent.size, await collected(sent.chunks)

    return asyncio.run(whole())


@given(
    content=st.one_of(
        st.binary(max_size=3000),
        st.lists(st.sampled_from([b"\r\n--", BOUNDARY.encode()[:-1], b"--", b"\r", b"\n", b"x"]), max_size=60).map(
            b"".join
        ),
    ),
    name=st.text(st.characters(exclude_characters='"\\\r\n', exclude_categories=("Cs", "Cc")), max_size=60),
    cuts=st.lists(st.integers(0, 5000), max_size=12),
)
def test_the_bytes_that_pass_are_those_of_the_file_however_they_are_cut(
    content: bytes, name: str, cuts: list[int]
) -> None:
    body = form(plain("csrf", b"token"), file(content, name))
    fields, said, size, passed = read(body, cuts=cuts)
    assert (fields, said.strip(), size, passed) == ({"csrf": "token"}, name.strip(), len(content), content)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (form(file(b"x"), plain("after", b"y")), TYPE),
        (form(file(b"x"), file(b"y")), TYPE),
        (form(plain("csrf", b"x")), TYPE),
        (form(*[plain(f"f{number}", b"x") for number in range(9)], file(b"x")), TYPE),
        (form(plain("csrf", b"x" * HEAD_BYTES), file(b"x")), TYPE),
        (form((f'Content-Disposition: form-data; name="a"{LINE}X: {"y" * 5000}', b""), file(b"x")), TYPE),
        (form((LINE.join(["A: b"] * 9), b""), file(b"x")), TYPE),
        (form(("Content-Type: text/plain", b"x"), file(b"x")), TYPE),
        (form(file(b"x", "\\")), TYPE.replace("C", "D")),
        (form(file(b"x")).removesuffix(b"--\r\n"), TYPE),
        (form(file(b"x")) + b"more", TYPE),
        (b"\r\n" * 10_000, TYPE),
        (b"", TYPE),
        (form(file(b"x")), "multipart/form-data"),
        (form(file(b"x"), boundary="b" * 71), f"multipart/form-data; boundary={'b' * 71}"),
        (form(file(b"x")), f"multipart/mixed; boundary={BOUNDARY}"),
        (b"a=b", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_not_that_form_is_refused(body: bytes, media_type: str) -> None:
    with pytest.raises(FormRefused):
        read(body, media_type)


@pytest.mark.parametrize("length", ["0", "12", "999999", "-1", "x", "1e3"])
def test_a_length_that_is_not_that_of_the_body_is_refused(length: str) -> None:
    with pytest.raises(FormRefused):
        read(form(plain("csrf", b"token"), file(b"x" * 500)), length=length)


@pytest.mark.parametrize("path", ["fichiers", f"fichiers/{uuid4()}"])
def test_a_file_needs_the_token_of_the_session(browser: httpx.Client, csrf: str, path: str) -> None:
    address = f"/mes-dossiers/{uuid4()}/{path}"
    for given_token in ("", csrf[:-1]):
        files = {"csrf": (None, given_token), "fichier": ("a.pdf", b"%PDF-1.7")}
        assert browser.post(address, files=files).status_code == 403
    sent = {"csrf": (None, csrf), "fichier": ("a.pdf", b"%PDF-1.7")}
    assert browser.post(address, files=sent, headers={"Origin": "https://evil.example"}).status_code == 403
    assert browser.post(address, files=sent).status_code == 503  # nobody stands behind this portal
    assert browser.post(address, content=b"x", headers={"Content-Type": TYPE}).status_code == 400
