"""What bytes are: first bytes, markup, content types and their names. Standard library only."""
