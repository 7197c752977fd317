"""Who proposes tokens: a lookup in the text, the first layers, a second model, a trained head."""
