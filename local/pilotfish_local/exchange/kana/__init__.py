"""Kana Labs' perpetuals, as far as a leader's wallet shows itself there."""
