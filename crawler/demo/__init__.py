"""A sample of publishers on loopback addresses, for the demo and for the tests.

Ten fictional outlets, each in the manner of a publishing system met in the field, written for this project and shipped
with it: :mod:`~crawler.demo.server` answers HTTP, :mod:`~crawler.demo.publishers` make the pages from article files,
:mod:`~crawler.demo.sample` starts them all, writes their source files and knows the truth. Nothing here crawls.
"""
