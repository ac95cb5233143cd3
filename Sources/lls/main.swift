print("lls")
