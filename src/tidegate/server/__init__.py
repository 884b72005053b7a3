"""The service: a queue that people work from, on PostgreSQL. Only the command line imports it, and lazily."""
