"""People, roles, groups, tokens, sign-in and the audit trail."""
