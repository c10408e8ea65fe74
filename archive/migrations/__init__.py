"""Versions of the schema, applied by :mod:`archive.migrate`."""
