"""The HTTP API: routes and their shapes, on use cases that `wiring` hands in."""
