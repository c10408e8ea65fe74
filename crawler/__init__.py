"""How do we fetch, politely, and run it?

Scrapy settings, middlewares, extensions and the ``perilune`` command. Never parses a page.
The composition root: it may import everything else.
"""
