"""Replay of real Claude traffic: the trace, the levers, the bill and the proof."""
