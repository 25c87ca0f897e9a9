"""Tests that CPU is read from /proc: of a process, of those below it, and of PostgreSQL's for one database."""

import os
import subprocess
import sys
import time

import asyncpg
import pytest

from bench.cpu import PROC, backends_s, machine_s, process_s, tree_s
from tests.services.postgresql import Server, create_database, plain

pytestmark = pytest.mark.skipif(not (PROC / "stat").exists(), reason="there is no /proc on this system")

BURN = "import sys, time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True)\nsys.stdin.read()"


def test_a_process_has_the_cpu_that_it_used() -> None:
    machine, own = machine_s(), time.process_time()
    command = ["/bin/sh", "-c", f'"{sys.executable}" -c "{BURN}"; true']
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        assert shell.stdout is not None
        assert shell.stdout.readline() == b"done\n"
        assert process_s(shell.pid) < 0.2
        assert 0.28 <= tree_s(shell.pid) < 10
    assert machine_s() - machine >= 0.28
    assert abs(process_s(os.getpid()) - time.process_time()) < 0.1 + time.process_time() - own


def test_a_process_that_is_gone_used_nothing() -> None:
    with subprocess.Popen(["/bin/true"]) as gone:
        gone.wait()
    assert process_s(gone.pid) == 0.0


async def test_what_other_connections_to_the_database_use_is_counted(postgresql_server: Server) -> None:
    url = plain(create_database(postgresql_server, "cpu"))
    busy = await asyncpg.connect(url)
    assert await backends_s(url) is not None
    before = await backends_s(url)
    await busy.fetchval("select count(*) from generate_series(1, 3000000)")
    after = await backends_s(url)
    await busy.close()
    assert before is not None
    assert after is not None
    assert after - before >= 0.1
