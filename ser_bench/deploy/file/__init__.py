"""The file of a trained model: container, arrays, allowed classes, validation."""
