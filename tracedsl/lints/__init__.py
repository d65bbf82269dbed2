"""Lints over corpora and over declared patterns: the lessons of the seed's eight runs."""
