"""`pilotfish`: Pilotfish on this machine. JSON goes to stdout, everything else to stderr."""

from pilotfish_local.cli.app import app

__all__ = ["app"]
