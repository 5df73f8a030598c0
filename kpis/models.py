"""Fact rows and roll-ups behind the KPIs."""
