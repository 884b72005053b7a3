"""From an action that was decided to its delivery: recorded, sent or carried out here, tried again, given up."""
