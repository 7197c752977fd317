"""Speculative decoding on a real model: what it proves is milliseconds, never money."""
