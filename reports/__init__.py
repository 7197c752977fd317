"""Reports for people: each turns one frozen result into one self-contained file."""
