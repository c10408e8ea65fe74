"""How are article URLs found?

Pure functions from bytes to values, one module a kind of endpoint. Nothing here fetches, and nothing
raises for what a server sent: what can't be read comes back with a reason.
"""
