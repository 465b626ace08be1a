"""Draw docs/audit.png, the guide's picture, from the page of an audit, in Chromium.

sempairs pairs mine fashion-mnist --features pca --miner mutual --out fashion-mnist.parquet
sempairs pairs audit fashion-mnist.parquet --out audit.html
python docs/make_audit_picture.py audit.html
"""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

with tempfile.TemporaryDirectory() as folder:
    picture = Path(folder) / "page.png"
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking")
    size = ("--window-size=1080,2540", f"--user-data-dir={folder}/profile", f"--screenshot={picture}")
    subprocess.run(["chromium", *flags, *size, Path(sys.argv[1]).resolve().as_uri()], check=True, timeout=120)
    page = Image.open(io.BytesIO(picture.read_bytes())).convert("RGB")
page.quantize(128, dither=Image.Dither.NONE).save(Path(__file__).parent / "audit.png", optimize=True)
