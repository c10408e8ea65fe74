"""``perilune reextract``: what today's extraction makes of the pages that are archived. No network.

Every article is read again from the capture its text came from, and every page that was rejected from its own. Without
being asked to commit, nothing is written. A page that would be an article no longer is told of and stays as it is.
Committed, an article that reads otherwise gets a revision of kind ``extraction``; a page that is an article now goes
the way of every page, and what became of it is written beside the evidence, so that a rebuild gives it its number.
"""
