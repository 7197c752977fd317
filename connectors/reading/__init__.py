"""How logs are found, opened and cut into lines, wherever they lie."""
