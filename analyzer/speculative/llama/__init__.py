"""A small Llama with a cache of fixed shape: its passes, its tokens, its device."""
