"""Values against annotations, and the text of overrides."""
