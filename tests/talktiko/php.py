"""PHP itself as a second opinion, where it is installed."""

import shutil
import subprocess

import pytest

needs_php = pytest.mark.skipif(shutil.which("php") is None, reason="php is not installed (Debian: php-cli)")


def php(code: str, *arguments: str) -> str:
    """What a few lines of PHP print; the arguments are $argv[1] and so on. No settings of the machine are read."""
    command = ["php", "-n", "-r", code, "--", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
