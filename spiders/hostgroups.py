"""Which sources share one politeness budget: those that ask the same hosts."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from archive.urls import WWW, host_of


def host_key(url: str) -> str:
    """The host as politeness counts it: lower case, without ``www.``; empty when the URL has none.

    On loopback the port counts too: there it is the port that tells servers apart (macOS answers
    on 127.0.0.1 only), and nobody's server is disturbed.
    """
    host = host_of(url)
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if is_loopback:
        return f"{host}:{urlsplit(url).port or (443 if urlsplit(url).scheme == 'https' else 80)}"
    return WWW.sub("", host)


def host_groups(sources: Mapping[str, tuple[str | None, Collection[str]]]) -> dict[str, str]:
    """Source id → name of its group, from each source's own group name (or None) and hosts.

    Sources are together when a chain of shared hosts or of equal group names links them. The group is called
    as its members say; where they say several names, the first by alphabet, because a host that is
    asked twice as often does not care what we call it; where they say none, as the first member's id.
    """
    leader: dict[str, str] = {}

    def find(node: str) -> str:
        while (above := leader.setdefault(node, node)) != node:
            leader[node] = leader[above]
            node = above
        return node

    for source_id, (name, hosts) in sources.items():
        ties = [f"host {host}" for host in hosts] + ([f"name {name}"] if name else [])
        for tie in ties:
            leader[find(tie)] = find(f"source {source_id}")
    names: dict[str, list[str]] = {}
    ids: dict[str, list[str]] = {}
    for source_id, (name, _) in sources.items():
        top = find(f"source {source_id}")
        ids.setdefault(top, []).append(source_id)
        names.setdefault(top, []).extend([name] if name else [])
    called = {top: min(names[top] or members) for top, members in ids.items()}
    return {source_id: called[top] for top, members in ids.items() for source_id in members}
