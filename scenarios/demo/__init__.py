"""`satchel demo`: two clinics and a relay as processes of their own, one story, checks of it."""
