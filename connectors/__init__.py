"""Logs of Claude traffic, one module or package a source; `connectors.registry` lists them.

Nothing is imported here: a program that records its calls loads `connectors.recorder` alone.
"""
