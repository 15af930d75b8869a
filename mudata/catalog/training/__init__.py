"""Training: labels as numbers, and the clips of a split as datasets of torch and of Hugging Face."""
