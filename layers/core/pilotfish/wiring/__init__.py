"""Builds each function's use case from its settings, importing only what that function needs."""
