"""Screenshots and measures of a run's page: ``python -m tests.report.screenshots RUN OUT``.

Draws the page of the run folder RUN with the present code. Writes it to the folder OUT, with screenshots at four
widths in both themes, folded and unfolded, and its printed sheets. Prints what the browser tests measure.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

from ser_bench.report.page import render_page
from ser_bench.runs.results import read_run
from tests.report.browser.chromium import DESKTOP, HEIGHT, WIDTHS, open_address, open_details, show, start_browser
from tests.report.browser.measures import FAINT, SMALLEST, axe_is_installed, measure, violations
from tests.report.browser.printing import pdfium_is_installed, print_page, shares_filled, sheets

PIECE = 3600
"""The largest height of a screenshot in pixels; a longer page gives several."""

THEMES = ("light", "dark")


def main(run: str, out: str) -> None:
    """Write the page of a run with its screenshots, and print its measures."""
    folder, run_folder = Path(out), Path(run)
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {path.stem: path.read_bytes() for path in sorted((run_folder / "charts").glob("*.svg"))}
    page = render_page(read_run(run_folder), pictures)
    address = folder.joinpath("report.html").resolve()
    address.write_bytes(page)
    print(f"{address}: {len(page) / 1000:.0f} kB")
    driver = start_browser()
    try:
        for unfold in (False, True):
            open_address(driver, address.as_uri())
            if unfold:
                open_details(driver)
            photograph(driver, folder, "-open" if unfold else "")
        report_accessibility(driver)
        open_address(driver, address.as_uri())
        report_sheets(driver, folder)
    finally:
        driver.quit()


def photograph(driver, folder, suffix):
    """Write the screenshots at every width and theme, and print what is wrong with the layout."""
    for width in WIDTHS:
        for theme in THEMES:
            show(driver, width, theme)
            save_screenshots(driver, folder, f"{width}-{theme}{suffix}", width)
        height = driver.execute_script("return document.documentElement.scrollHeight")
        size, text = measure(driver, "sizes")[0]
        print(f"{width} px{suffix}: {height} px, {height / HEIGHT:.1f} screens; smallest text {size:.1f} px, {text}")
        report("overflow", measure(driver, "overflow"))
        report("scrolls sideways", measure(driver, "scrolling"))
        report("cut", measure(driver, "cut"))
        report(f"text below {SMALLEST} px", measure(driver, "small", SMALLEST))
        report("texts cover each other", measure(driver, "overlapping"))
        report("buttons cover texts", measure(driver, "covering"))


def save_screenshots(driver, folder, name, width):
    """Write the whole page as pieces that are at most PIECE pixels high."""
    height = driver.execute_script("return document.documentElement.scrollHeight")
    for number, top in enumerate(range(0, height, PIECE), start=1):
        clip = {"x": 0, "y": top, "width": width, "height": min(PIECE, height - top), "scale": 1}
        options = {"clip": clip, "captureBeyondViewport": True}
        data = driver.execute_cdp_cmd("Page.captureScreenshot", options)["data"]
        (folder / f"{name}-{number}.png").write_bytes(base64.b64decode(data))


def report_accessibility(driver):
    """Print contrasts below the limits and the violations that axe-core finds, in both themes."""
    for theme in THEMES:
        show(driver, DESKTOP, theme)
        report(f"{theme}: contrast of texts below 4.5", measure(driver, "faintTexts"))
        report(f"{theme}: contrast of marks below 3", measure(driver, "faintMarks", FAINT))
        if axe_is_installed():
            report(f"{theme}: axe-core", violations(driver))
        else:
            print("axe-core-python is not installed: accessibility is not checked")


def report_sheets(driver, folder):
    """Write the printed sheets, and print how full each is."""
    pdf = print_page(driver)
    folder.joinpath("report.pdf").write_bytes(pdf)
    if not pdfium_is_installed():
        print("pypdfium2 is not installed: sheets are not drawn")
        return
    from PIL import Image

    pages = sheets(pdf, scale=1.5)
    for number, page in enumerate(pages, start=1):
        Image.fromarray(page).save(folder / f"print-{number:02d}.png")
    print(f"{len(pages)} sheets, filled to {', '.join(f'{share:.0%}' for share in shares_filled(pages))}")


def report(name, faults):
    """Print the faults of a kind, and nothing without any."""
    if faults:
        print("\n    ".join([f"  {name}: {len(faults)}", *faults[:8]]))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m tests.report.screenshots RUN OUT")
    main(*sys.argv[1:])
