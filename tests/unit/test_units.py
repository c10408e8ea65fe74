"""crawler.units: what is printed for cron and systemd means what was asked for, however a path is spelled."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from archive.errors import ConfigError
from crawler.units import Job, cron_line, cron_times, quoted, systemd_units

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def a_job(**changes) -> Job:
    values = {
        "command": ("/srv/perilune/bin/perilune", "crawl", "--quiet"),
        "environment": {"PERILUNE_HOME": "/srv/perilune"},
        "every": 15 * MINUTE,
    }
    return Job(**values | changes)


@pytest.mark.parametrize(
    ("every", "times"),
    [
        (MINUTE, "* * * * *"),
        (5 * MINUTE, "*/5 * * * *"),
        (30 * MINUTE, "*/30 * * * *"),
        (HOUR, "7 * * * *"),
        (6 * HOUR, "7 */6 * * *"),
        (24 * HOUR, "7 4 * * *"),
    ],
    ids=str,
)
def test_pace_becomes_five_fields(every: timedelta, times: str) -> None:
    assert cron_times(every) == times


@pytest.mark.parametrize("every", [7 * MINUTE, 45 * MINUTE, 90 * MINUTE, 5 * HOUR, 48 * HOUR, timedelta(seconds=90)])
def test_pace_that_cron_would_keep_unevenly_is_refused(every: timedelta) -> None:
    with pytest.raises(ConfigError, match="parts of an hour and of a day"):
        cron_times(every)


def test_line_for_cron() -> None:
    assert cron_line(a_job()) == (
        "*/15 * * * * env PERILUNE_HOME=/srv/perilune /srv/perilune/bin/perilune crawl --quiet"
    )


def as_cron_runs_it(line: str) -> str:
    """The command after crontab(5): fields gone, a percent sign ends it unless a backslash stands before it."""
    command, rest = line.split(" ", 5)[5], ""
    while "%" in command:
        before, command = command.split("%", 1)
        if not before.endswith("\\"):
            return rest + before
        rest += before[:-1] + "%"
    return rest + command


HARD = ["a b", "100% done", "it's", 'say "x"', "a$HOME", "a;b&c|d", "*", "~/x", "ünï", "50%%"]


@pytest.mark.parametrize("name", HARD)
def test_what_cron_runs_gets_the_path_as_it_is(tmp_path: Path, name: str) -> None:
    program = tmp_path / f"{name.replace('/', '_')} bin" / "perilune"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s|" "$PERILUNE_HOME" "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    line = cron_line(a_job(command=(str(program), "crawl", name), environment={"PERILUNE_HOME": f"/srv/{name}"}))
    done = subprocess.run(["/bin/sh", "-c", as_cron_runs_it(line)], capture_output=True, text=True, check=True)
    assert done.stdout == f"/srv/{name}|crawl|{name}|"


@pytest.mark.parametrize("name", ["a\\b", "a\nb", "a\x00b", "a\rb"], ids=ascii)
def test_path_that_a_crontab_can_not_hold_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="not for a crontab"):
        cron_line(a_job(environment={"PERILUNE_HOME": name}))


def test_line_longer_than_cron_takes_is_refused() -> None:
    with pytest.raises(ConfigError, match="cron takes 998 characters"):
        cron_line(a_job(environment={"PERILUNE_HOME": "/" + "x" * 1000}))


def test_units_of_the_system() -> None:
    units = systemd_units(a_job(user="perilune", environment={"PERILUNE_HOME": "/srv/my 100%"}))
    assert units["perilune.service"] == (
        "[Unit]\n"
        "Description=Perilune: poll what is due, fetch what is new, archive it\n"
        "Wants=network-online.target\n"
        "After=network-online.target\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        "User=perilune\n"
        'Environment="PERILUNE_HOME=/srv/my 100%%"\n'
        "ExecStart=/srv/perilune/bin/perilune crawl --quiet\n"
        "SuccessExitStatus=4\n"
        "KillMode=mixed\n"
        "TimeoutStopSec=120\n"
        "Nice=10\n"
        "NoNewPrivileges=yes\n"
    )
    assert "OnUnitActiveSec=900s\n" in units["perilune.timer"]
    assert "WantedBy=timers.target\n" in units["perilune.timer"]


def test_units_of_a_user_name_no_user_and_no_target_of_the_system() -> None:
    service = systemd_units(a_job())["perilune.service"]
    assert "User=" not in service
    assert "network-online" not in service


@pytest.mark.parametrize(
    ("word", "in_unit", "as_argument"),
    [
        ("/a/b-c_1.2", "/a/b-c_1.2", "/a/b-c_1.2"),
        ("a b", '"a b"', '"a b"'),
        ("50%", "50%%", "50%%"),
        ('a"b', '"a\\"b"', '"a\\"b"'),
        ("a\\b", '"a\\\\b"', '"a\\\\b"'),
        ("$HOME", "$HOME", "$$HOME"),
        ("a;b", '"a;b"', '"a;b"'),
        ("", '""', '""'),
    ],
)
def test_quoting_of_systemd(word: str, in_unit: str, as_argument: str) -> None:
    assert quoted(word) == in_unit
    assert quoted(word, is_argument=True) == as_argument


def test_units_hold_no_control_characters() -> None:
    with pytest.raises(ConfigError, match="not for a unit file"):
        systemd_units(a_job(environment={"PERILUNE_HOME": "/srv/a\n[Service]"}))


def test_lasting_service_has_no_timer_and_is_started_again() -> None:
    units = systemd_units(
        a_job(
            command=("/srv/bin/perilune", "worker"),
            environment={},
            name="perilune-worker",
            does="take jobs of the queue",
            user="perilune",
            is_lasting=True,
        )
    )
    assert units == {
        "perilune-worker.service": (
            "[Unit]\n"
            "Description=Perilune: take jobs of the queue\n"
            "Wants=network-online.target\n"
            "After=network-online.target\n"
            "\n"
            "[Service]\n"
            "Type=exec\n"
            "User=perilune\n"
            "ExecStart=/srv/bin/perilune worker\n"
            "SuccessExitStatus=4\n"
            "KillMode=mixed\n"
            "TimeoutStopSec=150\n"
            "Nice=10\n"
            "Restart=on-failure\n"
            "RestartSec=5\n"
            "NoNewPrivileges=yes\n"
            "\n"
            "[Install]\n"
            "WantedBy=multi-user.target\n"
        )
    }


@pytest.mark.parametrize("is_lasting", [False, True], ids=["crawl", "worker"])
@pytest.mark.parametrize("user", ["root", None], ids=["system", "user"])
@pytest.mark.parametrize("place", ["my 100% bin $x", 'it\'s "mine"'])
def test_systemd_takes_the_units(tmp_path: Path, user: str | None, place: str, is_lasting: bool) -> None:
    """Where systemd is not installed its own check can't be run: then the tests above are all there is."""
    program = tmp_path / 'my 100% "bin" $x' / "perilune"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    units = systemd_units(
        a_job(
            command=(str(program), "crawl", "$HOME 5%"),
            environment={"PERILUNE_HOME": "/srv/a b"},
            user=user,
            is_lasting=is_lasting,
        )
    )
    for name, content in units.items():
        (tmp_path / name).write_text(content)
    checker = shutil.which("systemd-analyze")
    if checker is None:
        pytest.skip("no systemd-analyze here: the units are NOT checked by systemd")
    scope = ["--user"] if user is None else ["--system"]
    paths = [str(tmp_path / name) for name in units]
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(
        [checker, *scope, "verify", *paths], capture_output=True, text=True, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (0, "")
