"""The district's side of a round: taking returns in and carrying a whole round through."""
