"""The page of a run in a browser: without errors, self-contained, sortable, and readable on every screen."""

from __future__ import annotations

import json
import shutil

import pytest

from ser_bench.report.page import render_page
from ser_bench.runs.results import read_run
from tests.report.fake_run import Recipe, save_fake_run, stand_in_charts

WIDE, PHONE = 1280, 390
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="chromium and chromedriver are not installed (Debian: apt-get install chromium chromium-driver)",
)


@pytest.fixture(scope="module")
def driver():
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for option in (
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        f"--window-size={WIDE},1000",
    ):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page with published scores, four splits, a failed fold, and a long name."""
    folder = tmp_path_factory.mktemp("page")
    models = ("chance", "svm", "lda", "knn", "cnn1d", "cnn1d-deeper-and-with-attention-heads-and-no-break")
    recipe = Recipe(
        models=models,
        splits=(("actor", 6), ("random", 6), ("emobox", 6), ("text", 2)),
        clips_per_label=4,
        shortfalls={("knn", "actor", 0, 3): "failed"},
    )
    save_fake_run(folder, recipe)
    run = read_run(folder)
    (folder / "report.html").write_bytes(render_page(run, stand_in_charts(run)))
    return (folder / "report.html").as_uri()


@pytest.fixture
def page(driver, address):
    """The page freshly opened, wide and light; the logs of other pages are dropped."""
    show(driver, WIDE)
    driver.get("about:blank")
    for log in ("browser", "performance"):
        driver.get_log(log)
    driver.get(address)
    return driver


def show(driver, width, scheme="light", medium="screen"):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})


def column(page, index):
    """Return the texts of a column of the table of scores."""
    rows = "[...document.querySelector('#scores tbody').rows]"
    return page.execute_script(f"return {rows}.map(row => row.cells[arguments[0]].firstChild?.textContent)", index)


def sort_states(page):
    script = "return [...document.querySelector('#scores thead tr').cells].map(h => h.getAttribute('aria-sort'))"
    return page.execute_script(script)


def test_the_page_logs_no_error_and_requests_nothing_else(page, address):
    messages = [entry["message"] for entry in page.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert messages == []
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    urls = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert {url for url in urls if not url.startswith("data:")} <= {address}


def test_a_click_sorts_and_a_second_click_reverses_the_order(page):
    button = page.find_elements("css selector", "#scores thead button")[1]
    button.click()
    descending = column(page, 1)
    assert sort_states(page)[1] == "descending"
    button.click()
    assert sort_states(page)[1] == "ascending"
    for values, reverse in ((descending, True), (column(page, 1), False)):
        numbers = [float(value) for value in values if value and value[0].isdigit()]
        assert numbers == sorted(numbers, reverse=reverse)
        assert not any(value and value[0].isdigit() for value in values[len(numbers) :])  # missing values come last


@pytest.mark.parametrize("key", ["\ue007", " "], ids=["Enter", "Space"])
def test_the_keyboard_sorts(page, key):
    before = column(page, 0)
    page.execute_script("document.querySelector('#scores thead button').focus()")
    page.switch_to.active_element.send_keys(key)
    assert sort_states(page)[0] == "ascending"
    assert column(page, 0) == sorted(before, key=str.casefold) != before


def test_the_first_tab_skips_to_the_results(page):
    page.find_element("tag name", "body").send_keys("\ue004")
    link = page.switch_to.active_element
    assert link.text == "Skip to the results"
    link.send_keys("\ue007")
    assert page.switch_to.active_element.get_attribute("id") == "main"


@pytest.mark.parametrize("width", [PHONE, 768, WIDE])
def test_only_wide_tables_scroll_sideways(page, width):
    show(page, width)
    page.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.execute_script("return document.documentElement.scrollWidth") <= width


def test_the_tables_of_scores_fit_a_screen_of_1280_pixels(page):
    page.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    overflow = """
    const regions = [...document.querySelectorAll('#scores .scroll, #significance .scroll, #leakage .scroll,'
      + '#confidence .scroll')]
      .filter(region => region.querySelector('table'));
    const wide = regions.filter(r => r.scrollWidth > r.clientWidth || r.getBoundingClientRect().right > innerWidth);
    return [regions.length, wide.map(region => region.getAttribute('aria-label'))];"""
    count, wide = page.execute_script(overflow)
    assert count == 9  # UAR, accuracy, costs, training, significance, leakage, and three of confidence
    assert wide == []


def test_two_splits_and_the_gap_fit_a_phone(driver, tmp_path):
    recipe = Recipe(models=("chance", "svm", "mlp-keras"), clips_per_label=2)
    (tmp_path / "report.html").write_bytes(render_page(save_fake_run(tmp_path, recipe), {}))
    show(driver, PHONE)
    driver.get((tmp_path / "report.html").as_uri())
    region = "document.querySelector('#scores .scroll')"
    assert driver.execute_script(f"return {region}.scrollWidth <= {region}.clientWidth")


CONTRASTS = """
const lit = c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
const parse = text => text.match(/[\\d.]+/g).map(Number);
const lum = ([r, g, b]) => .2126 * lit(r / 255) + .7152 * lit(g / 255) + .0722 * lit(b / 255);
const background = node => {
  for (; node; node = node.parentElement) {
    const colour = parse(getComputedStyle(node).backgroundColor);
    if (colour.length < 4 || colour[3] > .5) return colour;
  }
  return [255, 255, 255];
};
const poor = [];
for (const node of document.querySelectorAll('body *:not(svg *):not(script)')) {
  if (![...node.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !node.getClientRects().length) continue;
  const pair = [lum(parse(getComputedStyle(node).color)), lum(background(node))].sort((a, b) => b - a);
  const contrast = (pair[0] + .05) / (pair[1] + .05);
  if (contrast < 4.5) poor.push(`${contrast.toFixed(2)} ${node.tagName}.${node.className} ${node.textContent}`);
}
return poor;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_contrasts_with_its_background(page, scheme):
    show(page, WIDE, scheme)
    page.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.execute_script(CONTRASTS) == []
    background = page.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(255, 255, 255)") == (scheme == "light")


def test_every_control_and_chart_has_an_accessible_name(page):
    script = """
    const named = n => (n.getAttribute('aria-label') || n.textContent || n.getAttribute('title') || '').trim();
    const all = document.querySelectorAll('a, button, summary, audio, [tabindex="0"], [role=region], nav');
    return [...all].filter(n => !named(n)).map(n => n.outerHTML.slice(0, 80));"""
    assert page.execute_script(script) == []
    page.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    charts = page.find_elements("css selector", "svg")
    assert len(charts) > 5
    assert all(chart.accessible_name and chart.aria_role in ("img", "image") for chart in charts)


def test_print_is_light_and_without_controls(page):
    show(page, WIDE, "dark", "print")
    assert page.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.find_element("tag name", "nav").is_displayed()
    assert page.execute_script(CONTRASTS) == []
