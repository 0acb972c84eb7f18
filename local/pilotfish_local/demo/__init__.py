"""The main job on a laptop: leaders trade, followers follow, the venue's book is the judge."""
