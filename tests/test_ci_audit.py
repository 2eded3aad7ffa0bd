"""The audit of dependencies fails on what can be mended, and never passes in silence where nothing was looked up."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / ".ci" / "audit.py"


@pytest.fixture
def audit():
    spec = importlib.util.spec_from_file_location("ci_audit", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package(name: str, *fixes: list[str]) -> dict:
    vulns = [{"id": f"CVE-{i}", "fix_versions": versions} for i, versions in enumerate(fixes)]
    return {"name": name, "version": "1.0", "vulns": vulns}


UNKNOWN = {"name": "odd", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "status", "line"),
    [
        ([package("a")], 0, "audited 1 of 1 packages, 0 vulnerabilities"),
        ([package("a", ["1.1"])], 1, "VULNERABLE: a 1.0, CVE-0; mended in 1.1"),
        ([package("a", [])], 0, "VULNERABLE: a 1.0, CVE-0; mended in no version yet"),
        ([package("a", ["2"], [])], 1, "audited 1 of 1 packages, 2 vulnerabilities"),
        ([package("a"), UNKNOWN], 0, "NOT AUDITED: odd"),
    ],
)
def test_a_finding_that_can_be_mended_fails(audit, packages, status, line):
    lines, found = audit.verdict({"dependencies": packages})
    assert found == status
    assert line in lines


@pytest.mark.parametrize("said", [{}, {"dependencies": [UNKNOWN, UNKNOWN]}])
def test_an_audit_that_looked_nothing_up_is_called_skipped(audit, said, monkeypatch, capsys):
    monkeypatch.setattr(audit, "report", lambda: said)
    assert audit.main() == 0
    assert "AUDIT SKIPPED" in capsys.readouterr().out


@pytest.mark.parametrize("trouble", ["missing", "slow", "status", "nonsense"])
def test_whatever_stands_in_the_way_is_told(audit, trouble, monkeypatch, capsys):
    def run(command, **_):
        if trouble == "missing":
            raise FileNotFoundError
        if trouble == "slow":
            raise subprocess.TimeoutExpired(command, 1)
        audits = "pip_audit" in command
        return subprocess.CompletedProcess(
            command, 2 if trouble == "status" else int(audits), "a==1" * (not audits), ""
        )

    monkeypatch.setattr(audit.subprocess, "run", run)
    monkeypatch.setattr(audit.venv, "create", lambda *_, **__: None)
    assert audit.main() == 0
    assert "AUDIT SKIPPED" in capsys.readouterr().out
