"""What about a site can't be said in its source file.

One module a site, named as its source. Nothing is here as long as data says it all; the source file
comes first, and code only where a site answers to no rule that others share.
"""
