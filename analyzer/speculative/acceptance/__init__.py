"""What engines tell of accepted drafts: their records read, checked against themselves, written."""
