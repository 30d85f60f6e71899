"""One chart as a replica holds it: operations and keys in, fold and merged views out."""
