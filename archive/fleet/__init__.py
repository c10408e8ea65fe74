"""Who works on this archive beside us, what waits to be done, and which sources are stopped. Rows, no engine."""
