"""The search for a cheaper policy: alternatives, their replays, and the order to take them in."""
