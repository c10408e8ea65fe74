"""The publishing systems of the sample, a module each, and under ``data/`` the publishers that use them."""
