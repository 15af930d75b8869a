"""Where functions run: in processes of this machine, or on a Ray cluster. Knows no dataset and no model."""
