"""Answers from the rows, as values to show: hits, facets, articles, runs, sources, totals. Read only."""
