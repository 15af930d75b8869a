"""What several of the survey's models are built from: signal front ends, weights on disk, language models, decoding."""
