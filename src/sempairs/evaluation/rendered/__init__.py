"""Rendered images whose factors are known, for evaluations that bring their own."""
