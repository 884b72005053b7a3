"""What should happen because of a decision, as data; nothing is sent here."""
