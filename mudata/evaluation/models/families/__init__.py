"""The architectures of the survey's models, as their authors published them."""
