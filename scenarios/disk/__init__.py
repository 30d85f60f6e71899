"""What a disk keeps when power goes, when it is full, and when an image of it is put back."""
