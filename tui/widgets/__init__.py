"""What screens are made of: widgets that hold view state only."""
