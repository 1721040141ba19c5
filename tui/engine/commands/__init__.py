"""What a person can do, one family a file, each with apply, replay and back out."""
