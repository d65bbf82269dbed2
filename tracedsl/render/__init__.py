"""Diagnostics and graphs as text, JSON and pictures."""
