"""Draw docs/review.png and docs/review_project.png, the pictures of the review's guide, in Chromium.

sempairs review demo --no-serve
python docs/make_review_pictures.py review-demo/fashion-mnist.sqlite

A simulated person judges first, so that the pages have something to show.
"""

import io
import sys
import threading
import time
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import sync_playwright

from sempairs.review.base import Lane
from sempairs.review.session import Review
from sempairs.review.simulated import Annotator, simulate, true_pairs
from sempairs.web.app import make_app
from sempairs.web.desk import Desk
from sempairs.web.thumbnails import Thumbnails

PORT, HERE = 8653, Path(__file__).parent


def save(picture: bytes, name: str) -> None:
    """As a small PNG."""
    page = Image.open(io.BytesIO(picture)).convert("RGB")
    page.quantize(128, dither=Image.Dither.NONE).save(HERE / name, optimize=True)


review = Review.open(f"sqlite:///{sys.argv[1]}")
images = review.source()
crowd = {review.store.add_person("Ada (simulated)", simulated=True): Annotator(misses=0.02, alarms=0.01)}
truth = true_pairs(review, images)
simulate(review, crowd, truth, 1000)
simulate(review, crowd, truth, 1500, lane=Lane.random)
you = review.person("You")
desk = Desk(review, Thumbnails(review.candidates, images), you)
server = uvicorn.Server(uvicorn.Config(make_app(desk, [f"127.0.0.1:{PORT}"]), port=PORT, log_level="error"))
threading.Thread(target=server.run, daemon=True).start()
while not server.started:
    time.sleep(0.1)
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.goto(f"http://127.0.0.1:{PORT}/enter?token={review.store.make_token(you)}")
    page.goto(f"http://127.0.0.1:{PORT}/review")
    for key in ("a", "a", "x", "a", "Space", "a"):
        page.wait_for_timeout(700)
        page.keyboard.press(key)
    page.wait_for_timeout(1500)
    save(page.screenshot(), "review.png")
    page.goto(f"http://127.0.0.1:{PORT}/")
    page.wait_for_timeout(4000)
    save(page.screenshot(clip={"x": 0, "y": 0, "width": 1280, "height": 1500}, full_page=True), "review_project.png")
    browser.close()
server.should_exit = True
