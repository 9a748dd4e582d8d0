"""``python -m tests.browser.screenshots [NAME ...]``: each page, in both themes, wide and narrow.

Starts a stack of its own with kernels that show something, and ends it. A page that does not come to show
what it is to show is told, and the others are taken all the same; the exit code says so.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, cast

import httpx
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests.browser import flow_pictures, notebook_pictures
from tests.browser.chromium import launched
from tests.browser.conftest import one_time_link, shots_folder
from tests.browser.flows import Flow
from tests.integration.package_index import Index, serving, with_base_set
from tests.integration.stack.stack_fixture import Stack
from tests.waiting import wait_until

SIZES = {"1280": {"width": 1280, "height": 860}, "390": {"width": 390, "height": 844}}
LONGEST_MS = 30_000
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "flights" / "delays.py"
NAMESPACE = "delays"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
KERNELS = (
    {"id": "sales-etl", "name": "Sales ETL", "memory_gb": 1, "cpu_cores": 1},
    {"id": "churn-model", "name": "Churn model", "memory_gb": 4},
    {"id": "nightly", "name": "Nightly reports", "memory_gb": 0.5},
)
LOCKED: tuple[dict[str, Any], ...] = (
    {"id": "forecast", "name": "Forecast", "packages": ["scikit-learn>=1.7", "plotly"]},
    {"id": "maps", "name": "Maps", "packages": ["geopandas", "shapely<3"]},
)
PACKAGES: tuple[tuple[str, str, list[str]], ...] = (
    ("scikit-learn", "1.7.1", ["scipy", "joblib", "threadpoolctl"]),
    ("scipy", "1.16.2", ["numpy"]),
    ("threadpoolctl", "3.6.0", []),
    ("plotly", "6.3.1", ["narwhals"]),
    ("narwhals", "2.7.0", []),
    ("geopandas", "1.1.1", ["pandas", "shapely"]),
    ("shapely", "2.1.2", ["numpy"]),
    ("prophet", "1.1.7", ["pandas", "numpy<2"]),
)
HUNGRY = "orders = bytearray(800_000_000)\nimport time\nfor day in range(600):\n    time.sleep(1)"
CELLS = (
    "prices = pl.DataFrame({'day': range(30), 'price': [100 + n * 1.7 - n % 5 for n in range(30)]})\nprices",
    "import sys, time\nfor step in range(1, 41):\n    print(f'epoch {step:2d}  loss {1 / step:.4f}')",
    "print('\\x1b[32mok\\x1b[0m  31 files read'); print('2 files skipped', file=sys.stderr)",
    "def ratio(a, b):\n    return a / b\n\nratio(prices['price'].sum(), 0)",
    "flowfile.display('<h3 style=\"font-family:sans-serif\">A report</h3><p>made of <b>HTML</b></p>')",
    "for item in flowfile.progress(range(900), label='Training'):\n    time.sleep(1)",
    "'waits for its turn'",
)
FIGURE = """
import json
from IPython.display import display
months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]
figure = {
    "data": [
        {"type": "bar", "name": "orders", "x": months, "y": [32, 28, 41, 45, 39, 52]},
        {"type": "scatter", "name": "target", "x": months, "y": [30, 32, 34, 38, 42, 46]},
    ],
    "layout": {"title": {"text": "<b>Orders</b> of the first half-year"}, "height": 360},
}
display({"application/vnd.plotly.v1+json": figure}, raw=True)
"""
LOAD = """
import numpy as np
rng = np.random.default_rng(2013)
delays = pl.DataFrame({
    "day": range(1, 366), "flights": rng.integers(700, 1000, 365), "delay": rng.gamma(2, 8, 365).round(2),
    "carrier": rng.choice(["AA", "B6", "DL", "UA"], 365), "cancelled": rng.random(365) > 0.96,
})
flowfile.publish_artifact("features", delays.drop("carrier"))
flowfile.publish_global("delays", delays, description="Delays a day, cleaned", tags=["prod", "eu"])
flowfile.publish_output(delays)
"""
TRAIN = """
delays = flowfile.get_global("delays").filter(pl.col("cancelled").not_())
known, seen = delays.select("day", "flights").to_numpy(), delays["delay"].to_numpy()
weights = np.linalg.lstsq(known, seen, rcond=None)[0]
flowfile.publish_global("delay_model", {"weights": weights}, description="Least squares", tags=["prod"])
flowfile.publish_global("residuals", weights, namespace="lab", tags=["draft"])
flowfile.publish_output(delays)
"""
NO_IMAGE = (
    "Kernels cannot be started: the engine has no image flowfile-kernel:base: "
    "build it with `husk image build base`"
)
FILES = {"reports/monthly.csv": 18_200, "reports/2013/q1.parquet": 431_000, "models/churn.joblib": 2_400_000}
CARRIERS = ("AA", "B6", "DL", "UA")
PEOPLE = (("ada", "editor"), ("grace", "viewer"), ("linus", "editor"))


def main() -> None:
    """Take them all, or those that are named."""
    wanted = {name: PAGES[name] for name in sys.argv[1:]} or PAGES
    folder = shots_folder()
    folder.mkdir(parents=True, exist_ok=True)
    missed: list[str] = []
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        expect.set_options(timeout=LONGEST_MS)
        stack = Stack(Path(home))
        with serving() as index:
            stack.environ["HUSK_INDEX_URL"] = index.url
            try:
                stack.up()
                fill(stack, index)
                with launched(playwright) as browser:
                    missed = take(wanted, stack, browser, folder)
            finally:
                stack.sweep()
    for one in missed:
        sys.stderr.write(f"not taken: {one}\n")
    sys.exit(bool(missed))


def put_packages(index: Index) -> None:
    """The base set and some more, all of them empty."""
    with_base_set(index)
    for name, version, requires in PACKAGES:
        index.put(name, version, requires=requires)


def fill(stack: Stack, index: Index) -> None:
    """Kernels in several states, and cells of all kinds."""
    put_packages(index)
    headers = {"Authorization": f"Bearer {(stack.data_dir / 'admin.token').read_text().strip()}"}
    with httpx.Client(base_url=f"{stack.url}/api/v1", headers=headers, timeout=30, trust_env=False) as api:
        for kernel in KERNELS:
            api.post("/kernels", json=kernel).raise_for_status()
        for kernel in LOCKED:
            api.post("/kernels", json=kernel, timeout=80).raise_for_status()
        # Newer than what was locked; and one that is asked for and does not come.
        index.trouble["geopandas-1.1.1-py3-none-any.whl"] = "hang"
        index.put("scikit-learn", "1.7.2", requires=["scipy", "joblib", "threadpoolctl"])
        index.put("narwhals", "2.8.0")
        for name in ("sales-etl", "churn-model"):
            api.post(f"/kernels/{name}/start").raise_for_status()
        for code in (HUNGRY, "summary", "export"):
            api.post("/kernels/sales-etl/executions", json={"code": code}).raise_for_status()
        for code in CELLS:
            api.post("/kernels/churn-model/executions", json={"code": code}).raise_for_status()
        done = stack.husk("exec", "flights", str(EXAMPLE), "--flow", NAMESPACE, timeout_s=60)
        assert done.returncode == 0, done.stderr
        body = {"code": FIGURE, "flow_id": NAMESPACE}
        api.post("/kernels/flights/executions", json=body).raise_for_status()
        publish(api)
        flow_pictures.fill(api)
        notebook_pictures.fill(api)
        for name, role in PEOPLE:
            api.post("/users", json={"name": name, "role": role}).raise_for_status()
        shares = [{"user": "ada", "role": "editor"}, {"user": "grace", "role": "viewer"}]
        api.put("/kernels/sales-etl/shares", json={"shares": shares}).raise_for_status()
        wait_until(lambda: _runs(api, "churn-model") and _runs(api, "sales-etl"), 60, "cells run")


def publish(api: httpx.Client) -> None:
    """A flow with what it published, twice, and some files."""
    made = Flow(api)
    for _ in range(2):
        made.run("load", LOAD)
        made.run("train", "import numpy as np" + TRAIN)
    for path, size in FILES.items():
        for part in (2, 1):
            api.put(f"/files/{path}", content=contents(path, size // part)).raise_for_status()


def contents(path: str, size: int) -> bytes:
    """Something of about that many bytes."""
    if not path.endswith(".csv"):
        return bytes(size)
    rows = (
        f"2013-{n % 12 + 1:02d},{CARRIERS[n % 4]},{n * 37 % 900},{n * 7 % 90 - 12}" for n in range(size // 17)
    )
    return "\n".join(("month,carrier,flights,delay", *rows)).encode()


def _runs(api: httpx.Client, kernel: str) -> bool:
    return bool(api.get(f"/executions?kernel={kernel}&status=running").json()["items"])


def take(
    wanted: Mapping[str, Callable[[Page], None]], stack: Stack, browser: Browser, folder: Path
) -> list[str]:
    """Those pages in every theme and size, one login for all; returns what could not be taken, and why."""
    missed: list[str] = []
    first = browser.new_context()
    page = first.new_page()
    page.goto(one_time_link(stack, "admin"))
    page.wait_for_url("**/kernels")
    state = cast("Any", first.storage_state())
    for theme in THEMES:
        for size, viewport in SIZES.items():
            context = browser.new_context(
                base_url=stack.url, storage_state=state, viewport=cast("Any", viewport), color_scheme=theme
            )
            for name, show in wanted.items():
                page = context.new_page()
                try:
                    show(page)
                    page.evaluate("document.fonts.ready")
                    path = folder / f"{name}-{theme}-{size}.png"
                    page.screenshot(path=path, animations="disabled")
                except (PlaywrightError, AssertionError) as error:
                    missed.append(f"{name}-{theme}-{size}: {str(error).strip()[:300]}")
                page.close()
            context.close()
    first.close()
    return missed


def _login(page: Page) -> None:
    page.context.set_extra_http_headers({})
    page.route("**/api/v1/me", lambda route: route.fulfill(status=401, json={"error": {}}))
    page.goto("/login")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def _kernels(page: Page) -> None:
    page.goto("/kernels")
    expect(page.get_by_role("article", name="Sales ETL")).to_contain_text("/ 1 GB")
    expect(page.locator(".spark").first).to_be_visible()


def _banner(page: Page) -> None:
    """Where the image is missing: this stack's kernels are processes, so the answer about it is put in."""

    def without_image(route: Route) -> None:
        told = {**route.fetch().json(), "banner": NO_IMAGE}
        route.fulfill(json=told)

    page.route("**/api/v1/runtime", without_image)
    _kernels(page)
    expect(page.locator(".banner")).to_contain_text("husk image build base")


def _create(page: Page) -> None:
    _kernels(page)
    page.get_by_role("button", name="New kernel").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _packages(page: Page) -> None:
    _create(page)
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("textbox", name="Id", exact=True).fill("forecast-2")
    sheet.get_by_role("textbox", name="Packages").fill("scikit-learn==1.7.1, plotly>=6,<7")
    sheet.get_by_role("button", name="Check packages").click()
    expect(sheet.get_by_role("list", name="Versions found")).to_be_visible()
    sheet.get_by_text("All packages").scroll_into_view_if_needed()


def _conflict(page: Page) -> None:
    _create(page)
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("textbox", name="Packages").fill("prophet==1.1.7, numpy>=2")
    sheet.get_by_role("button", name="Check packages").click()
    expect(sheet.get_by_role("alert")).to_be_visible()
    sheet.get_by_role("alert").scroll_into_view_if_needed()


def _environment(page: Page) -> None:
    page.goto("/kernels/forecast")
    page.get_by_role("button", name="Packages: plotly, scikit-learn>=1.7").click()
    panel = page.get_by_role("dialog", name="Environment of Forecast")
    panel.get_by_role("button", name="Look for newer versions").click()
    expect(panel.get_by_role("region", name="What an update changes")).to_be_visible()


def _building(page: Page) -> None:
    page.goto("/kernels/maps")
    start = page.get_by_role("button", name="Start kernel").first
    building = page.get_by_text("Its environment is being built")
    expect(start.or_(building).first).to_be_visible()
    if not building.is_visible():
        start.click()
    expect(building).to_be_visible()
    expect(page.locator(".build-line")).to_be_visible()


def _kernels_of_all_kinds(page: Page) -> None:
    _building(page)
    _kernels(page)
    expect(page.get_by_role("article", name="Maps")).to_contain_text("Building")


def _example(page: Page) -> None:
    page.goto(f"/kernels/flights?flow={NAMESPACE}")
    expect(page.get_by_text("latest on average")).to_be_visible()
    expect(page.locator("img.picture")).to_be_visible()


def _cells(page: Page) -> None:
    page.goto("/kernels/churn-model")
    expect(page.get_by_role("progressbar", name="Training")).to_be_visible()
    expect(page.locator(".trouble .first")).to_be_visible()


def _cells_below(page: Page) -> None:
    _cells(page)
    page.locator(".trouble").scroll_into_view_if_needed()
    page.mouse.wheel(0, 400)


def _column(page: Page) -> None:
    _cells(page)
    page.get_by_role("button", name="Figures and filter of price", exact=True).click()
    expect(page.get_by_role("dialog", name="price")).to_contain_text("Of all 30 rows")


def _stopped(page: Page) -> None:
    page.goto("/kernels/nightly")
    expect(page.get_by_text("This kernel is stopped.")).to_be_visible()


def _figure(page: Page) -> None:
    page.goto(f"/kernels/flights?flow={NAMESPACE}")
    # Plotly comes when its figure is near the screen.
    page.get_by_role("region", name="Cell 4").scroll_into_view_if_needed()
    expect(page.locator(".chart .gtitle").first).to_be_visible()
    page.locator(".chart").first.scroll_into_view_if_needed()


def _share(page: Page) -> None:
    _kernels(page)
    page.get_by_role("button", name="More about Sales ETL").click()
    page.get_by_role("menuitem", name="Share…").click()
    expect(page.get_by_label("What grace may")).to_be_visible()


def _reference(page: Page) -> None:
    page.goto("/kernels/flights")
    page.get_by_role("button", name="Reference (?)").click()
    sheet = page.get_by_role("tabpanel", name="Reference")
    sheet.get_by_role("searchbox").fill("publish_global")
    expect(sheet.locator("details[open]").first).to_be_visible()


def _artifacts(page: Page) -> None:
    page.goto("/artifacts")
    expect(page.locator("tbody tr").first).to_be_visible()


def _artifact(page: Page) -> None:
    _artifacts(page)
    page.locator("tbody tr").first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Lineage")).to_be_visible()


def _logs(page: Page) -> None:
    page.goto("/logs")
    expect(page.get_by_role("list", name="Lines").get_by_role("listitem").first).to_be_visible()


def _catalog(page: Page) -> None:
    page.goto("/catalog")
    expect(page.locator("tbody tr").nth(3)).to_be_visible()


def _entry(page: Page) -> None:
    page.goto("/catalog/delays?version=1")
    expect(page.get_by_role("grid", name="First rows")).to_be_visible()


def _files(page: Page) -> None:
    page.goto("/files?folder=reports/")
    expect(page.locator("tbody tr").nth(2)).to_be_visible()


def _versions(page: Page) -> None:
    page.goto("/files?folder=reports/&file=reports/monthly.csv")
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(2)


def _system(page: Page) -> None:
    """Without where this stack's Python lies."""

    def elsewhere(route: Route) -> None:
        route.fulfill(
            body=route.fetch().text().replace(sys.prefix, "/opt/husk"), content_type="application/json"
        )

    page.route("**/api/v1/runtime", elsewhere)
    page.goto("/system/runtime")
    expect(page.get_by_role("heading", name="What kernels run in")).to_be_visible()
    expect(page.locator(".facts-list")).to_be_visible()


def _figures(page: Page) -> None:
    page.goto("/system")
    expect(page.get_by_role("region", name="Kernels that are up")).to_be_visible()
    expect(page.locator("canvas")).to_have_count(4)


def _letters(page: Page) -> None:
    page.goto("/system/dead-letters")
    expect(page.get_by_text("every message could be read")).to_be_visible()


def _search(page: Page) -> None:
    page.goto("/kernels")
    expect(page.get_by_role("heading", level=1, name="Kernels")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Find anything").fill("late")
    expect(page.get_by_role("option", name="late flights").first).to_be_visible()


def _users(page: Page) -> None:
    page.goto("/system/users")
    expect(page.get_by_label("Role of grace")).to_be_visible()


def _audit(page: Page) -> None:
    page.goto("/system/audit")
    expect(page.locator("tbody tr").nth(5)).to_be_visible()


def _account(page: Page) -> None:
    page.goto("/account")
    expect(page.get_by_text("this one")).to_be_visible()


PAGES: dict[str, Callable[[Page], None]] = {
    "login": _login,
    "banner": _banner,
    "create": _create,
    "packages": _packages,
    "conflict": _conflict,
    "environment": _environment,
    "building": _building,
    "example": _example,
    "cells": _cells,
    "cells-below": _cells_below,
    "column": _column,
    "stopped": _stopped,
    "figure": _figure,
    "share": _share,
    "reference": _reference,
    **flow_pictures.PAGES,
    **notebook_pictures.PAGES,
    "artifacts": _artifacts,
    "artifact": _artifact,
    "logs": _logs,
    "catalog": _catalog,
    "entry": _entry,
    "files": _files,
    "versions": _versions,
    "figures": _figures,
    "letters": _letters,
    "search": _search,
    "system": _system,
    "users": _users,
    "audit": _audit,
    "account": _account,
    # Last: by now there is a course of memory to show.
    "kernels": _kernels_of_all_kinds,
}


if __name__ == "__main__":
    main()
