"""Pages of organisations, terms, people, approval rules, tokens and the company's settings."""
