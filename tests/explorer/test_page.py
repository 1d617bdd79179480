"""The page in headless Chromium."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from PIL import Image

pytest.importorskip("nicegui", reason="the extra [explore] is not installed")
webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(None in (CHROMIUM, DRIVER), reason="Chromium is not installed")
SERVER = pathlib.Path(__file__).parents[1] / "toy_model.py"


def until(value, seconds=30):
    """Waits until a function returns something true, and returns that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = value()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError("It did not happen in time")


def answers(address):
    try:
        return urllib.request.urlopen(address, timeout=1).status == 200
    except OSError:
        return False


@pytest.fixture(scope="module")
def address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if "PYTEST" not in k}  # NiceGUI's own tests
    process = subprocess.Popen([sys.executable, str(SERVER), str(port)], env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: process.poll() is not None or answers(address), 60)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(word)
    browser = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    browser.set_window_size(1100, 900)
    browser.set_page_load_timeout(20)
    yield browser
    browser.quit()


def picture(browser):
    script = "return document.querySelector('#picture img, img#picture')?.src"
    return browser.execute_script(script)


def slide(browser, name, key, times=1):
    """Presses a key on a slider so many times."""
    from selenium.webdriver.common.by import By

    slider = browser.find_element(By.CSS_SELECTOR, f".slider-{name} [tabindex]")
    slider.send_keys(key * times)


@pytest.fixture
def page(browser, address):
    browser.get(address)
    until(lambda: picture(browser))
    return browser


def click(browser, text):
    from selenium.webdriver.common.by import By

    browser.find_element(By.XPATH, f"//button[contains(., '{text}')]").click()


RIGHT, LEFT = "\ue014", "\ue012"


def test_fast_moves_end_at_the_last_value_and_undo_goes_back(page):
    first = picture(page)
    slide(page, "strokes-0", RIGHT, 20)
    until(lambda: picture(page) != first)
    slide(page, "strokes-0", LEFT, 20)
    until(lambda: picture(page) == first)
    slide(page, "strokes-1", RIGHT, 20)
    moved = until(lambda: picture(page) != first and picture(page))
    click(page, "Undo")
    until(lambda: picture(page) != moved)


def test_nothing_outside_is_asked_for(page, address):
    click(page, "Grid")
    script = "return performance.getEntriesByType('resource').map(each => each.name)"
    asked = until(lambda: page.execute_script(script))
    assert len(asked) > 3
    assert not [url for url in asked if not url.startswith((address, "data:", "blob:"))]


def test_an_uploaded_picture_is_reconstructed_and_other_files_are_refused(page, tmp_path):
    first = picture(page)

    def send(path):
        page.find_element("css selector", "input[type=file]").send_keys(path)

    text = tmp_path / "picture.png"
    text.write_text("not a picture")
    send(str(text))
    until(lambda: "Expected a PNG or JPEG" in page.page_source)
    assert picture(page) == first
    Image.new("L", (9, 9), 200).save(tmp_path / "real.png")
    send(str(tmp_path / "real.png"))
    until(lambda: picture(page) != first)


def test_two_tabs_do_not_disturb_each_other(page, address):
    first, tab = picture(page), page.current_window_handle
    page.switch_to.new_window("tab")
    page.get(address)
    until(lambda: picture(page) == first)
    slide(page, "strokes-0", RIGHT, 20)
    until(lambda: picture(page) != first)
    page.close()
    page.switch_to.window(tab)
    assert picture(page) == first
    slide(page, "strokes-2", RIGHT, 20)
    until(lambda: picture(page) != first)
