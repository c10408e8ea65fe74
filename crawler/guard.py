"""What a page may make us do: which addresses are connected to, how far redirects lead, how big a body gets.

Addresses are judged after resolution, by the resolver Scrapy connects with, so that no spelling of an
address (``2130706433``, ``0x7f.1``) and no name that resolves inward gets past. The errors carry a
``reason``, the word under which ``docs/operate`` lists them.
"""

from __future__ import annotations

import ipaddress
import zlib
from collections.abc import Sequence
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Any, TypeAlias

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import MetaRefreshMiddleware, RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.resolver import CachingHostnameResolver
from twisted.internet.interfaces import IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]  # ships no types

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase
    from twisted.internet.interfaces import IAddress, IHostResolution

Address: TypeAlias = IPv4Address | IPv6Address

PRIVATE = tuple(
    ipaddress.ip_network(block)
    for block in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)  # loopback (RFC 1122, 4291), RFC 1918, RFC 4193: what PERILUNE_ALLOW_PRIVATE opens
NEVER = tuple(
    ipaddress.ip_network(block)
    for block in (
        *("0.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("100::/64", "2001:db8::/32", "fe80::/10", "fec0::/10", "ff00::/8"),
        *("168.63.129.16/32", "fd00:ec2::/32"),  # metadata of Azure (a public address) and AWS (a unique local one)
    )
)  # IANA's special-purpose registries, as of 2026: Python's is_global differs from version to version
NAT64 = tuple(ipaddress.IPv6Network(block) for block in ("64:ff9b::/96", "64:ff9b:1::/48"))  # RFC 6052, 8215
COMPATIBLE = ipaddress.IPv6Network("::/96")  # RFC 4291 §2.5.5.1, deprecated, still routed by some stacks
refusals: ContextVar[list[str] | None] = ContextVar("refusals", default=None)
"""Where a resolution tells the download that started it which addresses were refused."""


class RefusedError(IgnoreRequest):
    """A request we gave up on for a reason of ours; ``reason`` is its word in ``docs/operate``."""

    reason = "refused"


class ForgottenError(RefusedError):
    """The address was forgotten on demand (``perilune forget``)."""

    reason = "forgotten"


class PrivateAddressError(RefusedError):
    """The host is, or resolves only to, an address that is not on the public Internet."""

    reason = "private_address"


class RedirectLimitError(RefusedError):
    """Redirected more often than REDIRECT_MAX_TIMES, or in a circle."""

    reason = "redirect_limit"


class TooLargeError(RefusedError):
    """The head, the body or the decoded body is larger than we take."""

    reason = "too_large"


def is_refused(address: Address, *, allow_private: bool) -> bool:
    """True when we do not connect there.

    Only globally routed unicast addresses pass; ``allow_private`` adds loopback, RFC 1918 and unique local
    ones, never link-local (cloud metadata), carrier-grade NAT, multicast or the unspecified address.
    An IPv6 address that carries an IPv4 one is judged by that as well.
    """
    if isinstance(address, IPv6Address) and address.scope_id:
        return True
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return is_refused(address.ipv4_mapped, allow_private=allow_private)
    if any(inside(address, network) for network in NEVER):
        return True
    if any(inside(address, network) for network in PRIVATE):
        return not allow_private
    if isinstance(address, IPv6Address) and (carried := carried_ipv4(address)):
        return is_refused(carried, allow_private=False)
    return address.is_multicast or not address.is_global


def inside(address: Address, network: IPv4Network | IPv6Network) -> bool:
    return address.version == network.version and address in network


def carried_ipv4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside a 6to4, Teredo, NAT64 or IPv4-compatible address."""
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in COMPATIBLE or any(address in network for network in NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


class GuardedResolver(CachingHostnameResolver):
    """Resolves IPv4 and IPv6 and passes on only the addresses we may connect to.

    Set as ``TWISTED_DNS_RESOLVER``; it has no time-out of its own: DOWNLOAD_TIMEOUT bounds the whole request.
    """

    def __init__(self, reactor: ReactorBase, cache_size: int, *, allow_private: bool) -> None:
        super().__init__(reactor, cache_size)
        self.allow_private = allow_private

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> GuardedResolver:
        settings = crawler.settings  # of the process: Scrapy makes the resolver before any crawler exists
        cache_size = settings.getint("DNSCACHE_SIZE") if settings.getbool("DNSCACHE_ENABLED") else 0
        return cls(reactor, cache_size, allow_private=settings.getbool("PERILUNE_ALLOW_PRIVATE"))

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        told = refusals.get()
        receiver: Any = GuardedReceiver(
            resolutionReceiver, [] if told is None else told, self.allow_private
        )  # Any: zope
        return super().resolveHostName(receiver, hostName, portNumber, addressTypes, transportSemantics)


@implementer(IResolutionReceiver)
class GuardedReceiver:
    """Hands on each resolved address that is not refused; a host left with none fails as not found."""

    def __init__(self, receiver: Any, refused: list[str], allow_private: bool) -> None:  # Any: zope interfaces
        self.receiver = receiver
        self.refused = refused
        self.allow_private = allow_private

    def resolutionBegan(self, resolution: IHostResolution) -> None:
        self.receiver.resolutionBegan(resolution)

    def addressResolved(self, address: IAddress) -> None:
        host = str(address.host)
        if is_refused(ipaddress.ip_address(host), allow_private=self.allow_private):
            self.refused.append(host)
        else:
            self.receiver.addressResolved(address)

    def resolutionComplete(self) -> None:
        self.receiver.resolutionComplete()


class GuardedRedirectMiddleware(RedirectMiddleware):
    """Redirects also for requests that handle every status themselves, and says why a chain was given up."""

    def process_response(  # type: ignore[override]  # today's form, without spider
        self, request: Request, response: Response
    ) -> Request | Response:
        """The next request of the chain, or the response. Raises ``RedirectLimitError``."""
        if response.status not in (301, 302, 303, 307, 308):
            return response
        asked = request.replace(meta={**request.meta, "handle_httpstatus_all": False})
        try:
            result = super().process_response(asked, response)
        except IgnoreRequest as exc:
            raise RedirectLimitError(f"{request.url}: {exc}") from exc
        if isinstance(result, Response):
            return result
        if result.url in result.meta["redirect_urls"]:
            raise RedirectLimitError(f"{request.url}: redirects in a circle, back to {result.url}")
        result.meta["handle_httpstatus_all"] = request.meta.get("handle_httpstatus_all", False)
        return result


class GuardedMetaRefreshMiddleware(MetaRefreshMiddleware):
    """Scrapy's, with our error at the limit."""

    def process_response(  # type: ignore[override]  # today's form, without spider
        self, request: Request, response: Response
    ) -> Request | Response:
        """The next request of the chain, or the response. Raises ``RedirectLimitError``."""
        try:
            return super().process_response(request, response)
        except IgnoreRequest as exc:
            raise RedirectLimitError(f"{request.url}: {exc}") from exc


class CutOffError(RefusedError):
    """The compressed body ends before its end: half an article is none."""

    reason = "truncated"


class GuardedCompressionMiddleware(HttpCompressionMiddleware):
    """Scrapy's, with our errors for a bomb and for a stream that was cut off, which Scrapy takes as far as it goes."""

    def process_response(  # type: ignore[override]  # today's form, without spider
        self, request: Request, response: Response
    ) -> Request | Response:
        """The response with its body decoded. Raises ``TooLargeError`` and ``CutOffError``."""
        packing = (response.headers.get("Content-Encoding") or b"").lower()
        is_gzip = b"gzip" in packing
        try:
            decoded = super().process_response(request, as_bytes(response) if packing else response)
        except IgnoreRequest as exc:
            raise TooLargeError(str(exc)) from exc
        size = len(decoded.body) if isinstance(decoded, Response) else 0
        if is_gzip and is_cut_off(response.body, decoded_bytes=size):
            raise CutOffError(f"{request.url}: a gzip stream without its end")
        return decoded

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        """Scrapy's, which unpacks in pieces of 8 kB; a whole member within the size, which most bodies are, at once."""
        if encoding in (b"gzip", b"x-gzip") and max_size:
            member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            try:
                whole = member.decompress(body, max_size)
            except zlib.error:
                whole = b""
            if member.eof and not member.unused_data:
                return whole
        return HttpCompressionMiddleware._decode(body, encoding, max_size)


def as_bytes(response: Response) -> Response:
    """The response as bytes alone. Of a text Scrapy would look for the charset in what is still compressed: 50 ms."""
    names = ("url", "status", "headers", "body", "flags", "request", "certificate", "ip_address", "protocol")
    return Response(**{name: getattr(response, name) for name in names})


def is_cut_off(packed: bytes, *, decoded_bytes: int) -> bool:
    """True for gzip whose last member does not end; False for what is no gzip.

    A single whole member ends with its length (RFC 1952 §2.3.1), so most bodies are not unpacked a second time.
    """
    if not packed.startswith(b"\x1f\x8b") or packed[-4:] == (decoded_bytes & 0xFFFFFFFF).to_bytes(4, "little"):
        return False
    rest = packed
    while rest.startswith(b"\x1f\x8b"):
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            while rest and not member.eof:
                member.decompress(rest, 1 << 20)
                rest = member.unconsumed_tail
        except zlib.error:
            return False
        if not member.eof:
            return True
        rest = member.unused_data
    return False
