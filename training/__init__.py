"""Recipes, run from a clone: `python -m training.sft training/runs/cpu.yaml`. Not part of the wheel."""
