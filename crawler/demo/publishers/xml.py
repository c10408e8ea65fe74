"""Feeds and sitemaps of the sample, written as text: the order and prefixes are those real systems print."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

RSS_NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom"'
)
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed says of one article; ``link`` is as printed and may be relative."""

    title: str
    link: str
    published_at: datetime
    guid: str = ""
    is_permalink: bool = False
    summary: str = ""
    content_html: str = ""
    authors: Sequence[str] = ()
    tags: Sequence[str] = ()
    updated_at: datetime | None = None


def cdata(text: str) -> str:
    """Text as a CDATA section; its end mark inside is split."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def rss(title: str, home: str, entries: Iterable[Entry], *, language: str, encoding: str = "UTF-8") -> str:
    """RSS 2.0 with full text where an entry has it."""
    items = "\n".join(rss_item(entry) for entry in entries)
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<rss version="2.0" {RSS_NAMESPACES}>\n<channel>\n'
        f"<title>{escape(title)}</title>\n<link>{home}</link>\n<description>{escape(title)}</description>\n"
        f"<language>{language}</language>\n{items}\n</channel>\n</rss>\n"
    )


def rss_item(entry: Entry) -> str:
    guid = f'<guid isPermaLink="{str(entry.is_permalink).lower()}">{escape(entry.guid)}</guid>' if entry.guid else ""
    parts = [
        f"<title>{escape(entry.title)}</title>",
        f"<link>{escape(entry.link)}</link>",
        *(f"<dc:creator>{cdata(name)}</dc:creator>" for name in entry.authors),
        f"<pubDate>{format_datetime(entry.published_at)}</pubDate>",
        *(f"<category>{cdata(tag)}</category>" for tag in entry.tags),
        guid,
        f"<description>{cdata(entry.summary)}</description>",
        f"<content:encoded>{cdata(entry.content_html)}</content:encoded>" if entry.content_html else "",
    ]
    return "<item>\n" + "\n".join(filter(None, parts)) + "\n</item>"


def rdf(title: str, home: str, entries: Sequence[Entry], *, language: str, encoding: str) -> str:
    """RSS 1.0, whose items stand beside the channel."""
    order = "".join(f'<rdf:li rdf:resource="{escape(entry.link)}"/>' for entry in entries)
    items = "\n".join(
        f'<item rdf:about="{escape(entry.link)}">\n<title>{escape(entry.title)}</title>\n'
        f"<link>{escape(entry.link)}</link>\n<description>{escape(entry.summary)}</description>\n"
        f"<dc:date>{entry.published_at.isoformat()}</dc:date>\n</item>"
        for entry in entries
    )
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/" xml:lang="{language}">\n'
        f'<channel rdf:about="{home}">\n<title>{escape(title)}</title>\n<link>{home}</link>\n'
        f"<description>{escape(title)}</description>\n<items><rdf:Seq>{order}</rdf:Seq></items>\n</channel>\n"
        f"{items}\n</rdf:RDF>\n"
    )


def atom(title: str, home: str, entries: Sequence[Entry]) -> str:
    """Atom 1.0."""
    updated = max(entry.updated_at or entry.published_at for entry in entries)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f'<title>{escape(title)}</title>\n<link href="{home}"/>\n<link rel="self" href="{home}atom.xml"/>\n'
        f"<id>{home}</id>\n<updated>{updated.isoformat()}</updated>\n"
        + "\n".join(atom_entry(entry) for entry in entries)
        + "\n</feed>\n"
    )


def atom_entry(entry: Entry) -> str:
    authors = "".join(f"<author><name>{escape(name)}</name></author>" for name in entry.authors)
    return (
        f'<entry>\n<title type="html">{escape(entry.title)}</title>\n'
        f'<link rel="alternate" href="{escape(entry.link)}"/>\n'
        f"<id>{escape(entry.guid or entry.link)}</id>\n<published>{entry.published_at.isoformat()}</published>\n"
        f"<updated>{(entry.updated_at or entry.published_at).isoformat()}</updated>\n{authors}\n"
        f'<summary type="html">{escape(entry.summary)}</summary>\n</entry>'
    )


def urlset(urls: Iterable[tuple[str, datetime | None]]) -> str:
    """A sitemap of URLs with their last change."""
    rows = "\n".join(f"<url><loc>{escape(url)}</loc>{lastmod(changed_at)}</url>" for url, changed_at in urls)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{SITEMAP}">\n{rows}\n</urlset>\n'


def sitemap_index(urls: Iterable[tuple[str, datetime | None]]) -> str:
    """A sitemap of sitemaps."""
    rows = "\n".join(f"<sitemap><loc>{escape(url)}</loc>{lastmod(changed_at)}</sitemap>" for url, changed_at in urls)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="{SITEMAP}">\n{rows}\n</sitemapindex>\n'


def news_sitemap(name: str, language: str, entries: Iterable[Entry]) -> str:
    """A sitemap with Google News's elements: title and date of publication."""
    rows = "\n".join(
        f"<url><loc>{escape(entry.link)}</loc><news:news><news:publication><news:name>{escape(name)}</news:name>"
        f"<news:language>{language}</news:language></news:publication><news:publication_date>"
        f"{entry.published_at.isoformat()}</news:publication_date><news:title>{escape(entry.title)}</news:title>"
        "</news:news></url>"
        for entry in entries
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{SITEMAP}" xmlns:news="{NEWS}">\n{rows}\n</urlset>\n'
    )


def lastmod(changed_at: datetime | None) -> str:
    return f"<lastmod>{changed_at.isoformat()}</lastmod>" if changed_at else ""


def gzipped(document: str) -> bytes:
    """A sitemap file as servers keep it on disk (``.xml.gz``)."""
    return gzip.compress(document.encode(), mtime=0)
