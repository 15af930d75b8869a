"""Clips out of audio files: decoded, checked, normalised and written, on a pool of processes."""
