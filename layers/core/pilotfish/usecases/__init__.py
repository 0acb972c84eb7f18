"""What Pilotfish does, one verb a module, on ports alone."""
