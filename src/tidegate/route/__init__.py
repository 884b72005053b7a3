"""Who should take it: rules first, then the best fit, a group's work given out as one assignment."""
