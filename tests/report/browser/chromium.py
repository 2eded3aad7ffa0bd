"""Chromium, driven by selenium: start it, set the screen, open the page's folded parts."""

from __future__ import annotations

import json
import shutil

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
ADVICE = "chromium and chromedriver are not installed (Debian: apt-get install chromium chromium-driver)"
DESKTOP, LAPTOP, TABLET, PHONE = 1440, 1280, 820, 390
WIDTHS = (DESKTOP, LAPTOP, TABLET, PHONE)
"""The widths in pixels at which the page is checked."""

HEIGHT = 900
"""The height of a screen in pixels."""


def start_browser():
    """Return a driver of a headless Chromium that logs its console and its requests."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for option in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_script_timeout(300)
    return driver


def show(driver, width, scheme="light", medium="screen"):
    """Set the width of the screen, the colour scheme and the medium."""
    size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})


def open_address(driver, address, *, scripts=True):
    """Open an address in a fresh document, without the logs of earlier ones."""
    driver.get("about:blank")
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    for log in ("browser", "performance"):
        driver.get_log(log)
    driver.get(address)


def open_details(driver):
    """Unfold every folded part of the page."""
    driver.execute_script("document.querySelectorAll('details').forEach(part => { part.open = true; })")


def console(driver):
    """Return the warnings and errors that the page logged."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def requested(driver):
    """Return the addresses that the page requested, without data inside the page."""
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    urls = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    return {url for url in urls if not url.startswith("data:")}


def press(driver, key):
    """Press a key in the page."""
    codes = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
    event = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
    text = {"text": "\r"} if key == "Enter" else {}
    driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyDown" if text else "rawKeyDown", **event, **text})
    driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyUp", **event})
