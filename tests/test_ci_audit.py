"""The audit of dependencies fails on fixable vulnerabilities, and reports an audit that was not possible."""

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
        ([package("a", ["1.1"])], 1, "VULNERABLE: a 1.0, CVE-0; fixed in 1.1"),
        ([package("a", [])], 0, "VULNERABLE: a 1.0, CVE-0; fixed in no version yet"),
        ([package("a", ["2"], [])], 1, "audited 1 of 1 packages, 2 vulnerabilities"),
        ([package("a"), UNKNOWN], 0, "NOT AUDITED: odd"),
    ],
)
def test_a_fixable_vulnerability_fails(audit, packages, status, line):
    lines, exit_status = audit.verdict({"dependencies": packages})
    assert exit_status == status
    assert line in lines


@pytest.mark.parametrize("report", [{}, {"dependencies": [UNKNOWN, UNKNOWN]}])
def test_an_audit_without_data_is_reported_as_skipped(audit, report, monkeypatch, capsys):
    monkeypatch.setattr(audit, "report", lambda: report)
    assert audit.main() == 0
    assert "AUDIT SKIPPED" in capsys.readouterr().out


@pytest.mark.parametrize("failure", ["missing", "slow", "status", "nonsense"])
def test_an_audit_that_fails_is_reported_as_skipped(audit, failure, monkeypatch, capsys):
    def run(command, **_):
        if failure == "missing":
            raise FileNotFoundError
        if failure == "slow":
            raise subprocess.TimeoutExpired(command, 1)
        audits = "pip_audit" in command
        return subprocess.CompletedProcess(
            command, 2 if failure == "status" else int(audits), "a==1" * (not audits), ""
        )

    monkeypatch.setattr(audit.subprocess, "run", run)
    monkeypatch.setattr(audit.venv, "create", lambda *_, **__: None)
    assert audit.main() == 0
    assert "AUDIT SKIPPED" in capsys.readouterr().out
