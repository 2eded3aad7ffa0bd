"""The page in a browser: a chosen file, a drop, a recording, errors, the keyboard and a phone."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest
import soundfile

from tests.deploy.serve.conftest import encoded, speech

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
WIDE, PHONE = 1200, 360

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="chromium and chromedriver are not installed (Debian: apt-get install chromium chromium-driver)",
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Return the file of a clip, which the fake microphone plays too."""
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    path.write_bytes(encoded(speech(3.0)))
    return path


@pytest.fixture(scope="module")
def driver(clip):
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for word in (
        *("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"),
        *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
        f"--use-file-for-fake-audio-capture={clip}",
    ):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    started.set_script_timeout(30)
    yield started
    started.quit()


@pytest.fixture
def page(driver, service):
    """Return the page after loading, wide and light."""
    for kind in ("browser", "performance"):
        driver.get_log(kind)
    show(driver, WIDE)
    driver.get(f"{service.address}/")
    return driver


def show(driver, width, scheme="light"):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def until(page, script):
    """Wait until a script's value is true, and return it."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(page, 30, 0.05).until(lambda p: p.execute_script(f"return {script}"))


def text(page, name):
    return page.find_element("id", name).text


def answered(page):
    until(page, "!document.getElementById('answer').hidden && !document.getElementById('sound').hidden")
    until(page, "document.getElementById('length').textContent")
    rows = [row.text.split("\n") for row in page.find_elements("css selector", "#bars li")]
    return {label: float(share.removesuffix(" %")) for label, share in rows}


def drop(page, data, name):
    """Drop a file on the page."""
    page.execute_script(
        "const box = new DataTransfer();"
        "box.items.add(new File([new Uint8Array(arguments[0])], arguments[1]));"
        "document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: box, bubbles: true, cancelable: true}));",
        list(data),
        name,
    )


def is_drawn(page, name):
    """Return whether a canvas contains more than one colour."""
    script = """
    const c = document.getElementById(arguments[0]);
    const all = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    return new Set(new Uint32Array(all.buffer)).size > 1;"""
    return page.execute_script(script, name)


def test_a_chosen_file_is_predicted_and_drawn(page, clip):
    page.find_element("id", "file").send_keys(str(clip))
    shares = answered(page)
    assert list(shares) == ["neutral", "happy", "sad"]
    assert sum(shares.values()) == pytest.approx(100, abs=0.2)
    assert text(page, "best") == max(shares, key=shares.get)
    assert text(page, "length") == "3.00 s"
    assert is_drawn(page, "waveform")
    assert is_drawn(page, "spectrogram")
    widths = page.execute_script(
        "return [...document.querySelectorAll('.bar')].map(b => b.getBoundingClientRect().width)"
    )
    assert max(widths) == widths[list(shares).index(text(page, "best"))] > 0


def test_warnings_about_a_clip_are_shown(page, clip, tmp_path):
    y, sr = soundfile.read(clip)
    soundfile.write(tmp_path / "a.wav", np.stack([y, -y], axis=1), sr)
    page.find_element("id", "file").send_keys(str(tmp_path / "a.wav"))
    answered(page)
    assert "The channels cancel (inverted polarity); only channel 1 is used." in text(page, "warnings")
    assert page.find_element("id", "unreliable").is_displayed()


def test_the_prediction_set_is_shown(page, clip):
    page.find_element("id", "file").send_keys(str(clip))
    answered(page)
    assert text(page, "set").startswith(f"90 % set: {text(page, 'best')}")


def test_a_clip_that_sounds_like_clean_speech_has_the_score_there(page, clip, voices):
    page.find_element("id", "file").send_keys(str(voices[0]))
    answered(page)
    expected = r"Sounds like clean speech: UAR \d+ %( \[\d+, \d+\])? on new speakers\."
    assert re.fullmatch(expected, text(page, "condition"))
    page.find_element("id", "file").send_keys(str(clip))
    until(page, "document.getElementById('condition').hidden")
    assert any(line.startswith("Unlike every recording condition") for line in text(page, "warnings").splitlines())


def test_a_dropped_file_is_predicted(page):
    drop(page, encoded(speech(0.5), form="FLAC"), "dropped.flac")
    answered(page)
    assert text(page, "status").startswith("dropped.flac: ")


def test_a_recording_is_predicted_and_drawn(page):
    button = page.find_element("id", "record")
    button.click()
    until(page, "document.getElementById('record').getAttribute('aria-pressed') === 'true'")
    until(page, "parseFloat(document.getElementById('status').textContent.replace(/[^0-9.]/g, '')) > 1")
    assert button.text == "Stop"
    button.click()
    answered(page)
    assert text(page, "status").startswith("recording.wav: ")
    assert float(text(page, "length").removesuffix(" s")) > 0.5
    assert button.text == "Record"


def test_a_recording_needs_only_the_keyboard(page):
    keys = page.find_element("tag name", "body")
    keys.send_keys("\ue004")
    assert page.switch_to.active_element.text == "Skip to the clip"
    for name in ("choose", "record"):
        page.switch_to.active_element.send_keys("\ue004")
        assert page.switch_to.active_element.get_attribute("id") == name
    page.switch_to.active_element.send_keys("\ue007")
    until(page, "document.getElementById('status').textContent.startsWith('Recording … 0.5')")
    page.switch_to.active_element.send_keys(" ")
    assert answered(page)


def test_an_unsupported_file_shows_an_error(page):
    drop(page, b"<html>no sound</html>", "page.html")
    until(page, "document.getElementById('error').textContent")
    assert text(page, "error") == "Not an audio file but an HTML page; send WAV, FLAC, OGG or MP3."
    assert not page.find_element("id", "answer").is_displayed()
    drop(page, encoded(speech(0.5)), "clip.wav")
    answered(page)
    assert text(page, "error") == ""


def test_a_file_over_the_limit_is_not_sent(page):
    page.execute_script("performance.clearResourceTimings()")
    drop(page, bytes(10), "small.wav")
    until(page, "document.getElementById('error').textContent")
    page.execute_script("Object.defineProperty(Blob.prototype, 'size', {value: 1e9})")
    drop(page, bytes(10), "large.wav")
    until(page, "document.getElementById('error').textContent.includes('larger than 10 MB')")
    requests = "performance.getEntriesByType('resource').filter(e => e.name.endsWith('predict')).length"
    assert page.execute_script(f"return {requests}") == 1


def test_the_page_describes_the_model(page):
    body = page.find_element("tag name", "body").text
    for words in ("svm with mfcc", "Licence of the data", "Intended use", "Not for decisions about people"):
        assert words in body


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_only_vertically_and_buttons_are_large_enough(page, clip, scheme):
    show(page, PHONE, scheme)
    page.find_element("id", "file").send_keys(str(clip))
    answered(page)
    assert page.execute_script("return document.documentElement.scrollWidth") <= PHONE
    heights = [button.size["height"] for button in page.find_elements("tag name", "button")]
    assert min(heights) >= 44


def test_the_page_loads_only_its_own_files_without_policy_violations(page, service, clip):
    page.find_element("id", "file").send_keys(str(clip))
    answered(page)
    assert [entry["message"] for entry in page.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    messages = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    requests = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert requests
    assert [url for url in requests if not url.startswith((service.address, f"blob:{service.address}", "data:"))] == []
