"""Addresses: the form we display, and the key under which two of them are one page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
SAFE_PATH = "/:@!$&'()*+,;=~-._%"  # RFC 3986 §3.3 pchar, and % because escapes are kept
TRACKING_PARAMS = (
    "utm_*", "fbclid", "gclid", "dclid", "msclkid", "yclid", "igshid", "mc_cid", "mc_eid", "_hsenc", "_hsmi",
    "mkt_tok", "ref_src", "cmpid", "at_medium", "at_campaign", "at_custom*", "ns_campaign", "ns_mchannel", "wt_mc",
)  # fmt: skip  # set by senders, never read by publishers; the list of clearurls and Firefox's query stripping
VARIANT_PARAMS = ("amp", "print", "printable", "outputtype", "output_type")  # a view of the page, not another page
WWW = re.compile(r"^www\d{0,2}\.")
NO_HOST = re.compile(
    r"""[\x00-\x20\x7f-\xa0"%/<>?@[\]\\^`{|}\ud800-\udfff]"""
)  # RFC 3986 §3.2.2; no resolver takes them
STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
SURROGATE = re.compile("[\ud800-\udfff]")
MAX_KEY_BYTES = 1_000  # bytes of a key in UTF-8; PostgreSQL's index takes 2,704, and pages have addresses far shorter


def canonical_url(url: str, *, strip_params: Sequence[str] = ()) -> str:
    """The URL under which we count two addresses as one page.

    Scheme and host lower-case, default port, user name and fragment gone, dot segments resolved,
    query keys sorted, ``TRACKING_PARAMS`` and ``strip_params`` (shell patterns such as ``utm_*``)
    removed. Path case is kept: servers may care. Idempotent.

    Follows RFC 3986 §6.2.2. ``www.`` stays: dropping it can merge hosts that differ; only
    ``url_key``, used for look-up and never for display, drops it.
    Raises ``ValueError`` for anything but http and https, and for an address without a host.
    """
    parts = urlsplit(SURROGATE.sub("\ufffd", url).strip())
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise ValueError(f"not an http address: {url!r}")
    host = ascii_host(parts.hostname or "")
    if not host or NO_HOST.search(host):
        raise ValueError(f"no host in {url!r}")
    if ":" in host:
        host = str(ip_address(host))
    port = parts.port
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != DEFAULT_PORTS[scheme]:
        netloc += f":{port}"
    query = kept_query(parts.query, (*TRACKING_PARAMS, *strip_params))
    return urlunsplit((scheme, netloc, normal_path(parts.path), query, ""))


def ascii_host(host: str) -> str:
    """Lower-case host, internationalised names in their ASCII form (RFC 5891); as it came where that fails."""
    host = host.rstrip(".").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii").rstrip(".").lower()
    except UnicodeError:
        return host


def normal_path(path: str) -> str:
    """Unreserved escapes decoded, everything else escaped in upper case, dot segments resolved; ``/`` when empty."""
    escaped = quote(STRAY_PERCENT.sub("%25", path), safe=SAFE_PATH)
    return without_dots(re.sub("%[0-9A-Fa-f]{2}", lambda hit: unreserved(hit.group()), escaped))


def without_dots(path: str) -> str:
    """The path with ``.`` and ``..`` carried out (RFC 3986 §5.2.4), and one slash at its start."""
    *folders, last = path.lstrip("/").split("/")
    if last in (".", ".."):
        folders, last = [*folders, last], ""
    kept: list[str] = []
    for folder in folders:
        if folder == "..":
            kept = kept[:-1]
        elif folder != ".":
            kept.append(folder)
    return "/" + "/".join([*kept, last]).lstrip("/")


def unreserved(escape: str) -> str:
    """An escaped unreserved character as itself (RFC 3986 §6.2.2.2); any other escape in upper case."""
    char = unquote(escape, encoding="latin-1")
    return char if char.isascii() and (char.isalnum() or char in "-._~") else escape.upper()


def kept_query(query: str, strip_params: Sequence[str]) -> str:
    """Sorted query without the parameters whose name, in lower case, matches a pattern; as it came beyond 200."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape", max_num_fields=200)
        kept = [pair for pair in pairs if not any(fnmatchcase(pair[0].lower(), pattern) for pattern in strip_params)]
        return urlencode(sorted(kept), errors="surrogateescape")
    except ValueError:
        return quote(STRAY_PERCENT.sub("%25", query), safe=SAFE_PATH + "?")


def url_key(url: str, *, strip_params: Sequence[str] = ()) -> str:
    """SURT of the canonical URL, for look-up only: ``org,example)/news/launch``.

    Two addresses with one key are one page: scheme, ``www.``, a trailing slash, ``index.html`` and
    AMP or print variants (``/amp``, ``?print=1``, ``amp.`` host) do not count. Host labels
    reversed as in SURT (https://github.com/internetarchive/surt); the port is kept when unusual.
    Raises ``ValueError`` as :func:`canonical_url` does.
    """
    return surt_of(url, (*strip_params, *VARIANT_PARAMS))


@lru_cache(maxsize=1024)  # addresses; one is asked for six times while its page is stored
def surt_of(url: str, strip_params: tuple[str, ...]) -> str:
    """See :func:`url_key`."""
    parts = urlsplit(canonical_url(url, strip_params=strip_params))
    host = re.sub(r"^(amp|m|mobile)\.(?=[^.]+\.)", "", WWW.sub("", parts.hostname or ""))
    labels = host if re.fullmatch(r"[\d.]+|.*:.*", host) else ",".join(reversed(host.split(".")))
    port = f":{parts.port}" if parts.port else ""
    path = re.sub(r"/(index|default)\.(html?|php|aspx?)$", "/", parts.path)
    path = re.sub(r"(?<=[^/])/(amp|print)/?$|^/(amp|print)(?=/.)", "", path.rstrip("/"))
    path = re.sub(r"\.amp(?=\.html?$|$)", "", path).rstrip("/") or "/"
    return bounded(f"{labels}{port}){path}" + (f"?{parts.query}" if parts.query else ""))


def guid_key(source_id: str, guid: str) -> str:
    """Key of a feed's own id within its source; never equal to a ``url_key``."""
    return bounded(f"guid:{source_id}:{guid.strip()}")


def bounded(key: str) -> str:
    """The key, no longer than ``MAX_KEY_BYTES``: the end of a longer one is replaced by a digest of the whole."""
    raw = key.encode("utf-8", "replace")
    if len(raw) <= MAX_KEY_BYTES:
        return key
    digest = hashlib.sha256(raw).hexdigest()
    return f"{raw[: MAX_KEY_BYTES - len(digest) - 1].decode('utf-8', 'ignore')}~{digest}"


def host_of(url: str) -> str:
    """Lower-case host, empty when there is none."""
    try:
        return ascii_host(urlsplit(url).hostname or "")
    except ValueError:
        return ""
