"""Delta Exchange, translated to and from the engine."""
