"""The weights of the models measured: found, checked, read and carried in pieces."""
