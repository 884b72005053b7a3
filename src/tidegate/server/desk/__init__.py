"""The help desk's facts, the board that ranks them, and what people decide."""
