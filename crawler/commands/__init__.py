"""The commands of ``perilune`` that crawl, replay or steer; ``crawler.cli`` names them."""
