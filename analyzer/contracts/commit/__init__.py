"""How much spend to promise a vendor: offers, their settlement, and the size that costs least."""
