"""What was sent and received, on disk: WARC files, the CDXJ index beside them, and the manifest that chains them.

Knows files and records, never rows. :mod:`archive.verify` compares both.
"""
