"""Curricula as data: patterns of problems, the words they are filled with, mixes of them."""
