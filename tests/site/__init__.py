"""A local news site that misbehaves: good articles, and one small class a misbehaviour.

``FaultSite([GzipBomb(), ServerErrorOnce()])`` announces five good articles and one for each fault; ``served(site)``
serves it on loopback. Built on the sample's server (:mod:`crawler.demo.server`); nothing here knows the crawler.
"""
