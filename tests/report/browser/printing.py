"""The page on paper: its PDF, and how full each sheet is."""

from __future__ import annotations

import base64
from importlib import util

A4 = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True}


def pdfium_is_installed() -> bool:
    """Return whether pypdfium2, which draws PDF files, is installed."""
    return util.find_spec("pypdfium2") is not None


def print_page(driver) -> bytes:
    """Return the page as a PDF of A4 sheets, as a browser with a dark theme prints it."""
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": dark})
    return base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", A4)["data"])


def sheets(pdf, scale=0.5):
    """Return each sheet as an array of grey values of shape (height, width)."""
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        return [_drawn(sheet, scale) for sheet in document]


def _drawn(sheet, scale):
    bitmap = sheet.render(scale=scale, grayscale=True)
    pixels = bitmap.to_numpy().copy()
    bitmap.close()
    sheet.close()
    return pixels.reshape(pixels.shape[:2])


def shares_filled(pages):
    """Return the share of the height of each sheet above its last mark."""
    marked = [(page < 200).any(axis=1).nonzero()[0] for page in pages]
    return [float(rows[-1] + 1) / len(page) if len(rows) else 0.0 for page, rows in zip(pages, marked, strict=True)]
