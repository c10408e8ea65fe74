"""crawler.guard: which addresses a page may make us connect to."""

from ipaddress import ip_address

import pytest

from crawler.guard import is_refused


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14", "2002:5db8:d70e::1",
     "64:ff9b::5db8:d70e"],
)  # fmt: skip
def test_public_addresses_pass(address):
    assert not is_refused(ip_address(address), allow_private=False)
    assert not is_refused(ip_address(address), allow_private=True)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "::1", "fd12:3456::1",
     "::ffff:10.0.0.1"],
)  # fmt: skip
def test_private_addresses_pass_only_when_allowed(address):
    assert is_refused(ip_address(address), allow_private=False)
    assert not is_refused(ip_address(address), allow_private=True)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("169.254.169.254", id="cloud metadata, link-local"),
        pytest.param("fe80::1", id="link-local v6"),
        pytest.param("::ffff:169.254.169.254", id="link-local as mapped"),
        pytest.param("100.64.0.1", id="carrier-grade NAT"),
        pytest.param("100.100.100.200", id="Alibaba metadata"),
        pytest.param("168.63.129.16", id="Azure metadata, a public address"),
        pytest.param("fd00:ec2::254", id="AWS metadata, a unique local address"),
        pytest.param("0.0.0.0", id="unspecified, which is loopback on Linux"),
        pytest.param("::", id="unspecified v6"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("ff02::1", id="multicast v6"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("240.0.0.1", id="reserved"),
        pytest.param("192.0.0.192", id="Oracle metadata, IETF block"),
        pytest.param("198.18.0.1", id="benchmarking"),
        pytest.param("203.0.113.9", id="documentation"),
        pytest.param("2002:7f00:1::1", id="6to4 of loopback"),
        pytest.param("2002:a9fe:a9fe::1", id="6to4 of link-local"),
        pytest.param("64:ff9b::7f00:1", id="NAT64 of loopback"),
        pytest.param("64:ff9b:1::a00:1", id="local NAT64 of RFC 1918"),
        pytest.param("2001:0:5db8:d70e::80ff:fffe", id="Teredo of loopback"),
        pytest.param("::7f00:1", id="IPv4-compatible loopback"),
        pytest.param("fec0::1", id="site-local"),
        pytest.param("fe80::1%lo", id="with a zone"),
    ],
)
def test_other_special_addresses_never_pass(address):
    assert is_refused(ip_address(address), allow_private=False)
    assert is_refused(ip_address(address), allow_private=True)
