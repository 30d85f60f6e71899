"""What the made-up patients are made of: names, places, problems, medicines, vaccines."""
