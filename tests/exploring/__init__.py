"""Programs in a few lines that stand in for real ones, and what brute force says about them."""
