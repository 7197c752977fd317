"""OpenTelemetry of Claude Code: events, spans, and raw bodies in files."""
