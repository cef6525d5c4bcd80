"""Finds Chromium for the browser tests; installs it with apt on Debian as root, otherwise says what to install.

Run as a module before the tests: a machine without Chromium fails here, and never skips silently.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
PACKAGES = ("chromium", "fonts-noto-cjk")
# Background requests are refused on a machine without a way out, and would only slow the tests.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find():
    """Return the path of Chromium or Chrome (CHROMIUM says another), or None."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen if Path(chosen).exists() else None
    found = [shutil.which(name) for name in NAMES] + [place for place in PLACES if Path(place).exists()]
    return next(filter(None, found), None)


def install():
    """Install Chromium and a Chinese font with apt-get; needs Debian and root."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        subprocess.run(["apt-get", "--quiet", "--quiet", *command], env=environment, check=True)


def main():
    """Make sure that there is a Chromium; returns the exit status."""
    if find():
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("未找到 Chromium，正在用 apt-get 安装……", flush=True)
        install()
    if find():
        return 0
    print(
        "浏览器测试需要 Chromium 或 Chrome。请安装后再运行，例如 Debian/Ubuntu：sudo apt-get install "
        f"{' '.join(PACKAGES)}；或用环境变量 CHROMIUM 指明其路径。",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
