"""Work done by many: what a job is, the process it runs in, who dispatches it, and the worker that takes it.

A job is one of our own commands, so that a worker does exactly what the command line does. Only ``engine`` and
``worker`` know Procrastinate.
"""
