"""Parts of networks that methods share: heads and moving-average teachers."""
