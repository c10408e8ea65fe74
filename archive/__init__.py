"""What do we keep, and how is it read?

Words, frontier, WARC files, SQL, search, export and web pages. Never imports Scrapy, Twisted or
trafilatura: an archive can be read on a machine that never crawls.
"""
