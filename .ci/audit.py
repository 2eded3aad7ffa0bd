"""Hold the installed versions against the published vulnerabilities, by pip-audit in an environment of its own.

Exit status 1 where a vulnerable version has a mended one; a vulnerability without is told and passes. What cannot be
audited is told as that, since pip-audit ends well, too, where it found no word on any package.
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
    """Audit this environment, say what was found, and return the exit status."""
    try:
        lines, status = verdict(report())
    except SkippedError as reason:
        lines, status = [f"AUDIT SKIPPED: {reason}; nothing is known about vulnerable dependencies"], 0
    print("\n".join(lines))
    return status


def report() -> dict[str, Any]:
    """Return what pip-audit says of the versions that are installed here; raises :class:`SkippedError`."""
    here = _run(sys.executable, "-m", "pip", "freeze", "--exclude-editable", why="the installed versions are not told")
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "installed.txt")
        listed.write_text("".join(line + "\n" for line in here.splitlines() if "==" in line), encoding="utf-8")
        venv.create(Path(folder, "venv"), with_pip=True)
        python = str(Path(folder, "venv", "bin", "python"))
        _run(python, "-m", "pip", "install", "-q", "pip-audit", why="pip-audit cannot be installed")
        options = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "-f", "json", "-r", str(listed))
        said = _run(python, "-m", "pip_audit", *options, why="its database cannot be reached", statuses=(0, 1))
    try:
        return dict(json.loads(said))
    except ValueError:  # an error, which has the same status as a finding
        raise SkippedError("its database cannot be reached, or said nothing that can be read") from None


def _run(*command: str, why: str, statuses: tuple[int, ...] = (0,)) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SkippedError(f"{why} ({type(error).__name__})") from None
    if done.returncode not in statuses:
        raise SkippedError(f"{why} (status {done.returncode})")
    return done.stdout


def verdict(said: dict[str, Any]) -> tuple[list[str], int]:
    """Return the lines to print and the exit status; raises :class:`SkippedError` where no package was looked up."""
    packages = said.get("dependencies", [])
    audited = [package for package in packages if "skip_reason" not in package]
    if not audited:
        raise SkippedError(f"its database knows none of {len(packages)} packages, or cannot be reached")
    lines, status = [], 0
    for package in audited:
        for found in package.get("vulns", []):
            mended = ", ".join(found.get("fix_versions", []))
            what = f"{package['name']} {package['version']}, {found['id']}"
            lines.append(f"VULNERABLE: {what}; mended in {mended or 'no version yet'}")
            status = 1 if mended else status
    passed = [package["name"] for package in packages if "skip_reason" in package]
    lines.append(f"audited {len(audited)} of {len(packages)} packages, {len(lines)} vulnerabilities")
    return lines + ([f"NOT AUDITED: {', '.join(passed)}"] if passed else []), status


if __name__ == "__main__":
    sys.exit(main())
