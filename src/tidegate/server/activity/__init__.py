"""Who did what: the one page that looks at people and at the desk alike. It stands above both, and owns no table."""
