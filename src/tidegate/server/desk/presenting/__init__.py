"""How facts are said and drawn on pages: from values to text and markup."""
