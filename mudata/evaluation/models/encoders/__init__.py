"""From waveforms to features: filter banks, transformers, notes."""
