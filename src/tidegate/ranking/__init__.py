"""Factors, points, lanes, order and reasons of the queue."""
