"""Nodes given a meaning: one class, in parts that each know the ones before."""
