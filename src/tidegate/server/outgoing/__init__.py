"""What leaves the service: only to addresses that are meant for it, checked at the moment of connecting."""
