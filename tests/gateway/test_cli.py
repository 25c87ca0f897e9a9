"""The command line as a newcomer uses it: in processes of its own, on an empty folder."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from db.migrate import upgrade
from gateway.__main__ import cli
from tests.conftest import SEALING_KEY
from tests.db.contents import executed
from tests.services.postgresql import Server, create_database, drop_database, plain

OWNER = "auth0|demo-owner-parent"
STARTS_WITHIN_S = 60
PRODUCTION = {
    "ENVIRONMENT": "production",
    "AUTH0_ISSUER": "https://tenant.auth0.com/",
    "SEALING_KEYS": SEALING_KEY,
}


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """The environment of a command: ours without our settings, and a data folder of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAKEHASHI_")}
    named = {f"KAKEHASHI_{name}": value for name, value in variables.items()}
    return {**kept, "KAKEHASHI_DATA_DIR": str(folder), "COLUMNS": "200", **named}


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def kakehashi(folder: Path, *arguments: str, **variables: str) -> Done:
    """Run a command to its end, in this process, because a new one takes seconds to load everything."""
    ended = CliRunner().invoke(cli, arguments, env=environment(folder, **variables), prog_name="kakehashi")
    return Done(ended.exit_code, ended.stdout, ended.stderr)


def process(folder: Path, *arguments: str, **variables: str) -> Done:
    """Run a command to its end in a process of its own: one that sets up logging, or that shows the installed name."""
    command = [str(Path(sys.executable).parent / "kakehashi"), *arguments]
    ended = subprocess.run(command, env=environment(folder, **variables), capture_output=True, text=True, check=False)
    return Done(ended.returncode, ended.stdout, ended.stderr)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def serving(folder: Path, port: int) -> "Iterator[subprocess.Popen[bytes]]":
    """A started server, killed at the end if it still runs."""
    command = [sys.executable, "-m", "gateway", "serve"]
    with (folder / "printed").open("w") as printed:
        server = subprocess.Popen(command, env=environment(folder, PORT=str(port)), stdout=printed, stderr=printed)
    try:
        wait_for(server, port, folder)
        yield server
    finally:
        server.kill()
        server.wait()


def wait_for(server: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    """Wait until the server takes connections."""
    for _ in range(STARTS_WITHIN_S * 20):
        assert server.poll() is None, (folder / "printed").read_text()
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError((folder / "printed").read_text())


def test_the_printed_commands_work_when_pasted_and_a_second_start_keeps_the_data(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as server:
        printed = (tmp_path / "printed").read_text()
        answers = [json.loads(pasted(line)) for line in printed.splitlines() if line.startswith("curl")]
        over_graphql, over_rest, signed_in = answers
        assert over_graphql["data"]["viewer"] == {"uid": OWNER, "roles": ["OWNER"]}
        assert over_graphql["data"]["students"]["totalCount"] > 3
        assert (over_rest["uid"], over_rest["privileges"]) == (OWNER, ["cram_school_owner"])
        assert f"http://127.0.0.1:{port}/graphiql/#token=ey" in printed
        assert (signed_in["token_type"], signed_in["user"]["email"]) == ("Bearer", "student@kakehashi.example")
        assert kakehashi(tmp_path, "maintenance", "on", "--message", "kept").returncode == 0
        server.send_signal(signal.SIGINT)
        assert server.wait(30) == 0
    with serving(tmp_path, port):
        refused = pasted(rest_change(tmp_path, port))
        assert json.loads(refused)["message"] == "kept"


def pasted(command: str) -> str:
    """What a command prints when a person pastes it into a shell."""
    assert shutil.which("curl"), "These tests paste the printed commands, which need curl."
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout


def rest_change(folder: Path, port: int) -> str:
    """A curl command that changes something, as the demo student."""
    token = kakehashi(folder, "token", "auth0|demo-student").stdout.strip()
    body = json.dumps({"school_code": "01102K", "date_of_birth": "2011-01-01"})
    return (
        f"curl -s -X PATCH http://127.0.0.1:{port}/api/v1/students/me -H 'Authorization: Bearer {token}'"
        f" -H 'Content-Type: application/json' -d '{body}'"
    )


def test_termination_stops_the_server_cleanly(tmp_path: Path) -> None:
    with serving(tmp_path, free_port()) as server:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) in (0, -signal.SIGTERM)


def test_the_files_of_the_data_folder_are_their_owners_alone(tmp_path: Path) -> None:
    assert kakehashi(tmp_path, "seed").returncode == 0
    assert kakehashi(tmp_path, "token", OWNER).returncode == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path.is_file()}
    assert modes["kakehashi.db"] == modes["development-key.pem"] == 0o600


def test_token_prints_the_token_alone(tmp_path: Path) -> None:
    kakehashi(tmp_path, "seed")
    done = kakehashi(tmp_path, "token", OWNER)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", done.stdout)


def test_token_tells_that_nobody_has_a_uid(tmp_path: Path) -> None:
    kakehashi(tmp_path, "seed")
    done = kakehashi(tmp_path, "token", "auth0|nobody")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Nobody has the uid auth0|nobody.")


def test_token_refuses_in_production(tmp_path: Path) -> None:
    done = kakehashi(tmp_path, "token", OWNER, **PRODUCTION)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Tokens are signed here only in development")


def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path) -> None:
    done = process(tmp_path, "serve", PORT="many")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("KAKEHASHI_PORT: ")


def test_production_does_not_start_on_tables_that_were_never_migrated(tmp_path: Path) -> None:
    done = process(tmp_path, "serve", **PRODUCTION)
    assert done.returncode == 1
    assert "run `kakehashi migrate` first" in done.stderr


def test_nothing_starts_where_row_level_security_does_not_hold(tmp_path: Path, postgresql_server: Server) -> None:
    url = plain(create_database(postgresql_server, "breached_start"))
    upgrade(url)
    executed(url, "alter table students no force row level security")
    done = process(tmp_path, "serve", **PRODUCTION, DATABASE_URL=url)
    drop_database(postgresql_server, "breached_start")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Row-level security does not hold: students has no forced policy for kakehashi_graph. "
        "Run `kakehashi migrate`; see docs/security.md.\n"
    )


def test_a_database_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    url = f"postgresql://postgres@127.0.0.1:{free_port()}/none"
    done = process(tmp_path, "serve", DATABASE_URL=url)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("KAKEHASHI_DATABASE_URL: ")


@pytest.mark.parametrize(
    "command", ["serve", "worker", "jobs", "migrate", "seed", "token", "maintenance", "documents", "sdl", "routes"]
)
def test_help_names_every_command_and_describes_it(tmp_path: Path, command: str) -> None:
    overview = kakehashi(tmp_path, "--help").stdout
    assert re.search(rf"\b{command}\b\s+[A-Z]", overview)
    assert kakehashi(tmp_path, command, "--help").returncode == 0


def test_sdl_prints_the_committed_graph(tmp_path: Path) -> None:
    committed = Path(__file__).parents[2] / "schema.graphql"
    assert process(tmp_path, "sdl").stdout == committed.read_text()


def test_routes_prints_every_address(tmp_path: Path) -> None:
    printed = kakehashi(tmp_path, "routes").stdout
    assert {"/graphql", "/graphiql/{path:path}", "/healthz", "/readyz", "/api/v1/students/me"} <= set(printed.split())
