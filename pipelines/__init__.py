"""What do we make of a page?

Capture → article → decision. Never fetches, and knows no site by name.
"""
