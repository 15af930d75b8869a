"""What others than the aligner make of the answers: extra columns, never the headline."""
