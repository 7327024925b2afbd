"""The post of a round: messages out to the units, and what they send back."""
