"""The system's Chromium, driven by Playwright, and JupyterLab on a copy of the lessons."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split()
START_SECONDS = 120


def chromium() -> str:
    """Find a browser, or skip with the reason."""
    pytest.importorskip("playwright", reason="no Playwright: pip install 'dbrec[test]'")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip(f"none of {', '.join(NAMES)} is on PATH: install Chromium")
    return found


@contextmanager
def serving(*command: str):
    """Run a server that takes ``--port`` until the block ends; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://localhost:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", *command, f"--port={port}"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "MPLBACKEND"},  # the tests' own
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(address, timeout=5)
                break
            except (urllib.error.URLError, OSError):
                assert time.monotonic() < until and process.poll() is None, f"{command} doesn't answer"
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="session")
def browser():
    program = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Serve a copy of the lessons as `make lab` serves them; give the address."""
    chromium()
    copy = tmp_path_factory.mktemp("lab")
    for part in ("notebooks", "benchmarks/results"):
        shutil.copytree(ROOT / part, copy / part)
    options = f"--ServerApp.root_dir={copy}", "--IdentityProvider.token=", "--no-browser", "--allow-root"
    with serving("jupyterlab", *options, "--LabApp.expose_app_in_browser=True") as address:
        yield address
