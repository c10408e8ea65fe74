"""Rows at rest, a kind a module: how each is found and changed inside a transaction that somebody else opened.

:mod:`archive.store` and :mod:`archive.frontier` open those transactions; nothing here commits.
"""
