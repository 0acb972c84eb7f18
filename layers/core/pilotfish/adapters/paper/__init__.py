"""Paper accounts behind the ports that real venues are behind."""
