"""The program that draws a page: a process of its own for one document, with little memory, time and nothing else.

It reads a document of a stranger. Whatever that makes it do, it can open no file and no connection; it is given bytes
on its standard input and gives one image back, or the name of the reason why not. Run as
`python -I -m vault.adapters.drawing MEDIA_TYPE PAGE`.
"""

import ctypes
import io
import json
import resource
import sys
import warnings
from typing import Any

import pillow_heif
import pypdfium2  # type: ignore[import-untyped]  # it has no types of its own
from PIL import Image, ImageOps

MEMORY_BYTES = 512 << 20
CPU_SECONDS = 20
FILES = 3
"""Its standard streams: nothing else can be opened, neither files nor connections."""
MAX_PIXELS = 50_000_000
"""Of a photograph; larger ones are refused before any of it is decoded."""
MAX_SIDE = 1800
"""Pixels of the longer side of a page image."""
MAX_COPY_SIDE = 4500
"""Of a PDF copy: 300 points to the inch and more on a page of A4."""
COPY_DPI = 300
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38


class Impossible(Exception):
    """There can be no image; the argument is the cause."""


def confine() -> None:
    """Give up what a document could make use of. The limits hold everywhere, the namespaces where the kernel allows."""
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)


def draw(content: bytes, media_type: str, page: int) -> tuple[int, bytes]:
    """Return the number of pages and the image of one of them, counted from 1; of page 0, a PDF. Raises Impossible."""
    if media_type == "application/pdf":
        return _of_pdf(content, page)
    if page == 0:
        return 1, _encoded(_picture(content, MAX_COPY_SIDE), "PDF", resolution=COPY_DPI, quality=90)
    return 1, _encoded(_picture(content, MAX_SIDE), "WEBP", quality=85)


def _of_pdf(content: bytes, page: int) -> tuple[int, bytes]:
    try:
        document = pypdfium2.PdfDocument(content)  # without its forms, and PDFium is built without JavaScript
        pages = len(document)
        if not 0 < page <= pages:
            raise Impossible("damaged")
        drawn = document[page - 1]
        width, height = drawn.get_size()
        if width <= 0 or height <= 0:
            raise Impossible("damaged")
        image = drawn.render(scale=MAX_SIDE / max(width, height), may_draw_forms=False).to_pil()
    except pypdfium2.PdfiumError as error:
        raise Impossible("encrypted" if "password" in str(error).lower() else "damaged") from None
    return pages, _encoded(image.convert("RGB"), "PNG")


def _picture(content: bytes, side: int) -> Image.Image:
    """Return the pixels of a photograph, upright, its longer side at most `side`."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "HEIF")) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise Impossible("too-large")
            opened.draft("RGB", (side, side))  # a JPEG is decoded at about the size that is needed
            image = ImageOps.exif_transpose(opened)
            image.thumbnail((side, side))
            return _on_white(image)
    except Image.DecompressionBombError:
        raise Impossible("too-large") from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise Impossible("damaged") from None


def _on_white(image: Image.Image) -> Image.Image:
    """Return the pixels only: what a photograph says of its place, and every other note in it, stays behind."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.convert("RGBA").getchannel("A"))
    return flat


def _encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    out = io.BytesIO()
    clean.save(out, form, **options)
    return out.getvalue()


def main() -> None:
    """Draw the page of the document on the standard input; answer a line of JSON, then the image."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    pillow_heif.register_heif_opener()
    Image.init()
    confine()
    told: dict[str, object]
    image = b""
    try:
        pages, image = draw(sys.stdin.buffer.read(), sys.argv[1], int(sys.argv[2]))
        told = {"pages": pages}
    except (Image.DecompressionBombWarning, Impossible) as error:
        told = {"cause": error.args[0] if isinstance(error, Impossible) else "too-large"}
    except (MemoryError, RecursionError):
        told = {"cause": "too-complex"}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + image)


if __name__ == "__main__":
    main()
