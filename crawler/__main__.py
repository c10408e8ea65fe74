"""``python -m crawler`` is ``perilune``."""

from crawler.cli import main

if __name__ == "__main__":
    main()
