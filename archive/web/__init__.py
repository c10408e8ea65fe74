"""Answers over HTTP, read only: pages, ``/api/`` for programs, ``/v4/`` for apps of the Spaceflight News API.

Stands on everything that reads; writes nothing, fetches nothing, and shows no archived markup on its own origin.
"""
