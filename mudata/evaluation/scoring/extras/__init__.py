"""Further caption metrics that need packages of their own, computed once and kept."""
