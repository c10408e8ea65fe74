"""Articles as other programs read them. :mod:`archive.export` has JSON lines and CSV, and streams them all."""
