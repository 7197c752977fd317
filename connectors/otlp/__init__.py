"""Spans of OTLP JSON, by whichever instrumentation they were written."""
