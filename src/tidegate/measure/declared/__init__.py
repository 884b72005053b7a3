"""The measures, declared, one file a family."""
