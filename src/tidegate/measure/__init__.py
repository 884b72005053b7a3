"""Leading and lagging measures, each with its interval and definition, derived from messages and events."""
