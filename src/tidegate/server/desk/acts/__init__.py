"""What people do to tickets: take, assign, overrule, answer a doubt, set aside, escalate; singly and many at once."""
