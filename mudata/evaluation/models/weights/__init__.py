"""Weights on disk: fetched, verified, converted, read tensor by tensor."""
