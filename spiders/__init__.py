"""What do we fetch?

The source registry and the ways to discover article URLs. Never writes anything.
"""
