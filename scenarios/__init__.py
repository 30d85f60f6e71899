"""Many nodes in one story: the demo (`satchel demo`) and the made-up patients that it uses."""
