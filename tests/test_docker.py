"""The container image: its Dockerfile, its user, and its commands, run outside a container."""

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


def arguments_of(instruction: str) -> list[str]:
    """Return the arguments of each use of an instruction."""
    return [rest for name, rest in LINES if name == instruction]


def test_hadolint_reports_no_problem():
    linter = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_base_images_are_tagged_and_the_user_is_not_root():
    assert all(":" in base.split()[0] and not base.split()[0].endswith(":latest") for base in arguments_of("FROM"))
    assert len(arguments_of("FROM")) == 2
    assert arguments_of("USER")[-1].isdigit()
    assert int(arguments_of("USER")[-1]) > 0


def test_commands_need_no_shell_and_the_health_check_is_set():
    for command in (*arguments_of("CMD"), *arguments_of("ENTRYPOINT")):
        assert all(isinstance(word, str) for word in json.loads(command))
    (health,) = arguments_of("HEALTHCHECK")
    assert json.loads(health.partition(" CMD ")[2])[0] == "python"


def test_copied_files_exist_and_match_dockerignore():
    included = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {word for line in arguments_of("COPY") if not line.startswith("--from") for word in line.split()[:-1]}
    assert {path.split("/")[0] for path in copied} == included
    assert all((ROOT / path).exists() for path in copied)


def test_compose_restricts_the_container():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    (service,) = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"].values()
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert all(volume.endswith(":ro") for volume in service["volumes"])
    assert (service["read_only"], service["cap_drop"], service["tmpfs"]) == (True, ["ALL"], ["/tmp"])


def test_the_command_is_valid_for_ser_bench():
    from ser_bench.cli import cli

    program, name, *options = [*json.loads(arguments_of("ENTRYPOINT")[0]), *json.loads(arguments_of("CMD")[0])]
    assert program == "ser-bench"
    context = cli.get_command(None, name).make_context(name, options)
    assert (context.params["host"], context.params["port"]) == ("0.0.0.0", int(arguments_of("EXPOSE")[0]))


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_requests_the_service(status, code):
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
def test_the_install_script_installs_the_service(tmp_path):
    (command,) = arguments_of("RUN")[:1]
    script, _, _ = json.loads(command)
    source = tmp_path / "source"
    source.mkdir()
    for path in ("pyproject.toml", "constraints.txt", "README.md", "LICENSE", "docker", "configs", "ser_bench"):
        (shutil.copytree if (ROOT / path).is_dir() else shutil.copy)(ROOT / path, source / path)
    subprocess.run([source / script.removeprefix("/source/"), source, tmp_path / "made"], check=True)
    program = tmp_path / "made" / "bin" / "ser-bench"
    shown = subprocess.run([program, "serve", "--help"], capture_output=True, text=True, check=True)
    assert "POST /predict" in shown.stdout
