"""Language models, and what makes audio enter them."""
