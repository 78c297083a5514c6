"""What runs inside the render process, and nowhere else: the importer of av, cv2 and PIL."""
