"""Pages about people, their tokens and what was done."""
