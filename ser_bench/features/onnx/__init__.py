"""Feature sets from networks in ONNX files: description, front end, windows, sessions and chains."""
