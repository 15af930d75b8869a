"""What a dataset is, as data: the grammar of cards, their labels and licences, and how they are loaded."""
