"""Servers that lie, attack and never end, and what the engine makes of them."""
