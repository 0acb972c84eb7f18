"""A module for each group of routes; each has a class that takes its use cases."""
