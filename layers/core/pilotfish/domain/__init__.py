"""The rules of copy trading: pure, in `Decimal`, with time passed in."""
