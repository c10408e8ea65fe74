"""crawler.settings: each line gives its reason, and the doors that must stay shut are shut."""

import ast
from importlib import import_module
from pathlib import Path

import pytest
from scrapy.settings import default_settings
from scrapy.utils.misc import load_object

from crawler import settings

SOURCE = Path(settings.__file__).read_text(encoding="utf-8")


def test_every_setting_gives_its_reason():
    lines = SOURCE.splitlines()
    plain = [node for node in ast.parse(SOURCE).body if isinstance(node, ast.Assign | ast.AnnAssign)]

    without = [
        lines[node.lineno - 1]
        for node in plain
        if "  # " not in lines[node.end_lineno - 1] and "  # " not in "\n".join(lines[node.lineno : node.end_lineno])
        and not isinstance(node.value, ast.Dict)
    ]  # fmt: skip
    assert without == []


def test_every_setting_is_one_scrapy_knows_or_ours():
    known = {name for name in dir(default_settings) if name.isupper()}
    ours = [name for name in dir(settings) if name.isupper() and not name.startswith("PERILUNE_") and name != "SHUT"]

    assert [name for name in ours if name not in known] == []


@pytest.mark.parametrize(
    "name", ["REMOTE_CONTROL_ENABLED", "TELNETCONSOLE_ENABLED", "COOKIES_ENABLED", "HTTPPROXY_ENABLED"]
)
def test_door_is_shut(name):
    assert getattr(settings, name) is False


@pytest.mark.parametrize("scheme", sorted(set(default_settings.DOWNLOAD_HANDLERS_BASE) - {"http", "https"}))
def test_no_scheme_but_http_is_fetched(scheme):
    assert settings.DOWNLOAD_HANDLERS[scheme] is None


@pytest.mark.parametrize("name", ["DOWNLOADER_MIDDLEWARES", "EXTENSIONS", "DOWNLOAD_HANDLERS"])
def test_every_component_named_exists(name):
    values = getattr(settings, name)
    paths = [value for value in values.values() if isinstance(value, str)] if name == "DOWNLOAD_HANDLERS" else values

    for path in paths:
        import_module(path.rpartition(".")[0])
        assert load_object(path)


def test_only_what_replay_tools_read_is_asked_for():
    assert settings.DEFAULT_REQUEST_HEADERS["Accept-Encoding"] == "gzip, deflate"
