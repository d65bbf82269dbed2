"""New problems from proved ones: other numbers, other words, other order."""
