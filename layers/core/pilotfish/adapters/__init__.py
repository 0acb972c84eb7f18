"""One module for each thing outside that Pilotfish talks to."""
