"""Pilotfish mirrors a leader's fills onto each follower's own exchange account."""
