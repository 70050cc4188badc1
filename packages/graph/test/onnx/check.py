"""Runs onnx.checker on models, with shape inference: `python3 check.py model.onnx ...`."""
import sys

try:
    import onnx
except ImportError:
    sys.exit("No onnx module, so the models are not checked. Install it: apt-get install python3-onnx")

for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    print(f"{path}: ok")
