"""Background work: inbox to facts, decisions, outbox to the world, housekeeping."""
