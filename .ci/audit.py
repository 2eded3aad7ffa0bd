"""Audit the installed versions with pip-audit, in a separate environment.

The exit status is 1 if a vulnerable package has a fixed version. A vulnerability without a fix is reported and passes.
An audit that was not possible is reported as skipped, since pip-audit succeeds even without data on any package.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

SECONDS = 600


class SkippedError(Exception):
    """No audit was possible; the message says why."""


def main() -> int:
    """Audit this environment, print the result, and return the exit status."""
    try:
        lines, status = verdict(report())
    except SkippedError as reason:
        lines, status = [f"AUDIT SKIPPED: {reason}; vulnerabilities of dependencies are unknown"], 0
    print("\n".join(lines))
    return status


def report() -> dict[str, Any]:
    """Return the report of pip-audit on the installed versions; raises :class:`SkippedError`."""
    frozen = _run(sys.executable, "-m", "pip", "freeze", "--exclude-editable", why="pip freeze failed")
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "installed.txt")
        listed.write_text("".join(line + "\n" for line in frozen.splitlines() if "==" in line), encoding="utf-8")
        venv.create(Path(folder, "venv"), with_pip=True)
        python = str(Path(folder, "venv", "bin", "python"))
        _run(python, "-m", "pip", "install", "-q", "pip-audit", why="pip-audit cannot be installed")
        options = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-r", str(listed))
        text = _run(
            python, "-m", "pip_audit", *options, why="the database of pip-audit cannot be reached", statuses=(0, 1)
        )
    try:
        return dict(json.loads(text))
    except ValueError:  # an error has the same exit status as a vulnerability
        raise SkippedError("the database of pip-audit cannot be reached, or its report is invalid") from None


def _run(*command: str, why: str, statuses: tuple[int, ...] = (0,)) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SkippedError(f"{why} ({type(error).__name__})") from None
    if done.returncode not in statuses:
        raise SkippedError(f"{why} (status {done.returncode})")
    return done.stdout


def verdict(report: dict[str, Any]) -> tuple[list[str], int]:
    """Return the lines to print and the exit status; raises :class:`SkippedError` if no package was audited."""
    packages = report.get("dependencies", [])
    audited = [package for package in packages if "skip_reason" not in package]
    if not audited:
        raise SkippedError(f"the database of pip-audit has none of {len(packages)} packages, or cannot be reached")
    lines, status = [], 0
    for package in audited:
        for vulnerability in package.get("vulns", []):
            fixed = ", ".join(vulnerability.get("fix_versions", []))
            name = f"{package['name']} {package['version']}, {vulnerability['id']}"
            lines.append(f"VULNERABLE: {name}; fixed in {fixed or 'no version yet'}")
            status = 1 if fixed else status
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    lines.append(f"audited {len(audited)} of {len(packages)} packages, {len(lines)} vulnerabilities")
    return lines + ([f"NOT AUDITED: {', '.join(skipped)}"] if skipped else []), status


if __name__ == "__main__":
    sys.exit(main())
