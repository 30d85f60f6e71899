"""The home: the folder that holds all that one node keeps, and who may use it."""
