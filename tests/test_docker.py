"""The image: what it is built by, as nobody in it is root, and the commands it runs, run here."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINES = [
    line.split(maxsplit=1)
    for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def said(instruction: str) -> list[str]:
    """Return what follows an instruction, each time it is given."""
    return [rest for name, rest in LINES if name == instruction]


def test_hadolint_has_nothing_to_say():
    linter = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_bases_have_a_tag_and_the_user_is_not_root():
    assert all(":" in base.split()[0] and not base.split()[0].endswith(":latest") for base in said("FROM"))
    assert len(said("FROM")) == 2
    assert said("USER")[-1].isdigit()
    assert int(said("USER")[-1]) > 0


def test_it_runs_without_a_shell_and_tells_its_health():
    for command in (*said("CMD"), *said("ENTRYPOINT")):
        assert all(isinstance(word, str) for word in json.loads(command))
    (health,) = said("HEALTHCHECK")
    assert json.loads(health.partition(" CMD ")[2])[0] == "python"


def test_it_copies_what_is_there_and_the_ignored_rest_stays_out():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {word for line in said("COPY") if not line.startswith("--from") for word in line.split()[:-1]}
    assert {path.split("/")[0] for path in copied} == kept
    assert all((ROOT / path).exists() for path in copied)


def test_compose_is_as_closed_as_it_says():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    (service,) = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"].values()
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert all(volume.endswith(":ro") for volume in service["volumes"])
    assert (service["read_only"], service["cap_drop"], service["tmpfs"]) == (True, ["ALL"], ["/tmp"])


def test_its_command_is_one_that_ser_bench_takes():
    from ser_bench.cli import cli

    program, name, *options = [*json.loads(said("ENTRYPOINT")[0]), *json.loads(said("CMD")[0])]
    assert program == "ser-bench"
    context = cli.get_command(None, name).make_context(name, options)
    assert (context.params["host"], context.params["port"]) == ("0.0.0.0", int(said("EXPOSE")[0]))


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_its_health_check_asks_the_service(status, code):
    class Service(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status if self.path == "/health" else 404)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [sys.executable, ROOT / "docker" / "health.py", f"http://127.0.0.1:{server.server_port}/health"]
        done = subprocess.run(command, capture_output=True, check=False)
        server.shutdown()
    assert done.returncode == code


@pytest.mark.slow
def test_its_script_installs_a_program_that_serves(tmp_path):
    (command,) = said("RUN")[:1]
    script, _, _ = json.loads(command)
    source = tmp_path / "source"
    source.mkdir()
    for path in ("pyproject.toml", "constraints.txt", "README.md", "LICENSE", "docker", "configs", "ser_bench"):
        (shutil.copytree if (ROOT / path).is_dir() else shutil.copy)(ROOT / path, source / path)
    subprocess.run([source / script.removeprefix("/source/"), source, tmp_path / "made"], check=True)
    program = tmp_path / "made" / "bin" / "ser-bench"
    shown = subprocess.run([program, "serve", "--help"], capture_output=True, text=True, check=True)
    assert "POST /predict" in shown.stdout
