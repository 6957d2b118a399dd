"""A headless Chromium for the tests of pages."""

import json
import os
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path(os.environ.get("DMAR_PAGE", ROOT / ".build-site" / "index.html"))
DMAR = os.environ.get("DMAR", str(ROOT / ".build" / "debug" / "dmar"))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
DRIVER = os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver")

# A phone, a tablet, a desk.
WIDTHS = [(360, 740), (820, 1000), (1440, 900)]


class Browser:
    """One Chromium, which the tests of a class share."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        options.add_argument("--headless=new")
        options.add_argument("--disable-gpu")
        options.add_argument("--disable-dev-shm-usage")
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        # Tests may share their machine with a build.
        self.driver.set_script_timeout(120)
        self.driver.set_window_size(1440, 900)

    def close(self):
        self.driver.quit()

    def open(self, path, fragment=""):
        """Opens a file and waits until its program is ready, where it has one."""
        self.driver.get("about:blank")
        self.driver.get_log("performance")
        self.driver.get(Path(path).resolve().as_uri() + fragment)
        if self.script("return !!document.getElementById('program')"):
            self.wait("document.body.dataset.ready !== undefined", "the page is ready")

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def wait(self, condition, what, seconds=60):
        """Waits until an expression of JavaScript holds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.script(f"return Boolean({condition})"):
                return
            time.sleep(0.02)
        raise AssertionError(f"{what}: not so after {seconds} seconds; the page says {self.text('notice')!r}")

    def find(self, identifier):
        return self.driver.find_element(By.ID, identifier)

    def text(self, identifier):
        """The text of an element, whether it can be seen or not."""
        return self.script("return document.getElementById(arguments[0])?.textContent ?? ''", identifier)

    def door(self, name):
        self.find(f"open-{name}").click()

    def play(self, text=None):
        """Opens the door Play, and with a text runs that in place of what is there."""
        self.door("play")
        self.settled()
        if text is not None:
            self.type("play-text", text)
            self.settled()

    def press(self, *keys):
        """Presses keys, wherever the keyboard's focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def type(self, identifier, text):
        """Puts a text into a field as if it were pasted."""
        self.unsettle()
        self.script(
            "const field = document.getElementById(arguments[0]); field.value = arguments[1];"
            "field.dispatchEvent(new Event('input', {bubbles: true}));", identifier, text)

    def unsettle(self):
        """Forgets the last run, so that `settled` waits for another."""
        self.script("document.getElementById('play-status').removeAttribute('data-milliseconds');"
                    "document.getElementById('play-status').className = ''")

    def settled(self):
        """Waits until a run is drawn, or its error told."""
        self.wait(
            "document.getElementById('play-status').dataset.milliseconds !== undefined"
            " || document.getElementById('play-status').className === 'bad'", "a run ends")

    def log(self):
        """The lines of the kernel's log."""
        return [line.rstrip() for line in self.text("play-log").split("\n") if line.strip()]

    def requests(self):
        """Where the page asked for anything since it was opened."""
        addresses = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                addresses.append(message["params"]["request"]["url"])
        return addresses

    def strangers(self):
        """Elements that text from outside would have made: what neither page nor module has."""
        return self.script(
            "return [...document.querySelectorAll('img,iframe,object,embed,base,link,form,script[src],"
            "svg foreignObject,svg use,svg image,svg animate,[onload],[onerror],[onclick],b,i')]"
            ".map((each) => each.outerHTML.slice(0, 120)).concat(window.intruded ? ['a script ran'] : [])")

    def violations(self):
        """What axe finds, a line each."""
        from axe_core_python.selenium import Axe

        axe = Axe()
        # The page's policy lets no text become a program; the driver may still run one.
        result = axe.run(self.driver)
        return [
            f"{each['id']}: {node['target']} {node['html'][:100]}"
            for each in result["violations"]
            for node in each["nodes"]
        ]

    def theme(self, name):
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def width(self, width, height):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def overflow(self):
        """By how many pixels the page is wider than its window."""
        return self.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def keep(self, name):
        """Takes a picture of the window where DMAR_PICTURES says to."""
        folder = os.environ.get("DMAR_PICTURES")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(Path(folder) / f"{name}.png"))
