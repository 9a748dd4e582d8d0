"""The catalog's page, over what a real kernel published."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext
from tests.browser.flows import Flow
from tests.browser.people import People
from tests.browser.test_accessible import STILL, THEMES, Theme, faults
from tests.integration.stack.stack_fixture import Stack

LOAD = """
import polars as pl
delays = pl.DataFrame({
    "day": range(200), "delay": [(d * 7) % 60 - 10.5 for d in range(200)], "carrier": ["AA", "UA"] * 100,
})
flowfile.publish_artifact("raw", delays.head(3))
flowfile.publish_global("delays", delays, description="Delays of 2013", tags=["prod", "eu"])
flowfile.publish_global("delays", delays.head(5), tags=["small"])
flowfile.publish_global("grid", __import__("numpy").arange(12.0).reshape(3, 4))
import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(3, 2))
axes.plot([1, 3, 2])
flowfile.publish_global("picture", figure, namespace="reports")
flowfile.publish_output(delays)
"""
ESTIMATOR = """
class Shown:
    def __repr__(self):
        return "<script>document.title = 'taken'</script> a model"
flowfile.publish_global("model", {"of": Shown()})
flowfile.get_global("delays", version=1)
flowfile.publish_global("scores", [1, 2], description="by <b>nobody</b>")
flowfile.publish_output(flowfile.read_input("load"))
"""


@pytest.fixture(scope="module")
def flow(api: httpx.Client) -> Flow:
    """A flow that published."""
    made = Flow(api)
    made.run("load", LOAD)
    made.run("train", ESTIMATOR)
    return made


@pytest.mark.usefixtures("flow")
def test_names_are_found_and_narrowed_by_the_address(page: Page) -> None:
    page.goto("/kernels")
    page.get_by_role("link", name="Artifacts").click()
    page.get_by_role("link", name="Catalog").click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(6)  # with the model of the example
    expect(rows.first).to_contain_text("delays")
    expect(rows.first).to_contain_text("DataFrame")
    page.get_by_role("searchbox").fill("NOBODY")
    expect(page).to_have_url("/catalog?q=NOBODY")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("by <b>nobody</b>")
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("NOBODY")
    expect(rows).to_have_count(1)
    page.get_by_role("searchbox").fill("no such thing")
    expect(page.get_by_text("Nothing in the catalog is like this.")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(rows).to_have_count(6)  # with the model of the example
    expect(page.get_by_role("searchbox")).to_have_value("")
    page.get_by_role("button", name="small").click()
    expect(page).to_have_url("/catalog?tag=small")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Not only with the tag small").click()
    page.get_by_label("Namespace").select_option("reports")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("reports::picture")


def test_a_frame_shows_its_columns_and_first_rows_and_downloads_as_it_is(
    page: Page, api: httpx.Client, flow: Flow
) -> None:
    page.goto("/catalog")
    page.get_by_role("link", name="delays").click()
    expect(page).to_have_url("/catalog/delays")
    page.get_by_role("complementary", name="Versions").get_by_role("link").last.click()
    expect(page).to_have_url("/catalog/delays?version=1")
    columns = page.get_by_role("region", name="Columns")
    expect(columns.locator("tbody tr")).to_have_count(3)
    expect(columns.get_by_role("img", name="day: 0 to 199")).to_be_visible()
    expect(page.get_by_text("200 × 3 columns")).to_be_visible()
    expect(page.get_by_role("grid", name="First rows").locator("tbody tr").first).to_contain_text("-10.5")
    lineage = page.locator(".lineage")
    expect(lineage).to_contain_text("late flights")
    expect(lineage).to_contain_text(flow.id)
    expect(lineage.get_by_role("link", name="default::scores@1")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "delays-v1.parquet"
    content = api.get("/catalog/artifacts/delays/versions/1/content").content
    assert download.value.path().read_bytes() == content
    lineage.get_by_role("link", name="default::scores@1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("scores")
    expect(page.get_by_role("link", name="default::delays@1")).to_be_visible()


@pytest.mark.usefixtures("flow")
def test_previews_of_other_things_are_shown_as_what_they_are(page: Page) -> None:
    page.goto("/catalog/grid")
    expect(page.get_by_text("3 × 4")).to_be_visible()
    page.goto("/catalog/picture?namespace=reports")
    picture = page.locator("img.picture")
    expect(picture).to_be_visible()
    page.wait_for_function("() => document.querySelector('img.picture').naturalWidth > 50")
    page.goto("/catalog/model")
    expect(page.locator(".preview pre")).to_contain_text("<script>document.title = 'taken'</script> a model")
    expect(page).to_have_title("model · Husk")


FOREST = """
import sys, types
base = types.ModuleType("sklearn.base")
class BaseEstimator: pass
base.BaseEstimator = BaseEstimator
sys.modules["sklearn.base"] = base
class Forest(BaseEstimator):
    def get_params(self, deep=True): return {"depth": 7}
    def _repr_html_(self):
        return ("<b>a forest</b><script>try { top.document.title = 'taken' } "
                "catch { document.body.append(' kept in') }</script>")
flowfile.publish_global("forest", Forest())
del sys.modules["sklearn.base"]
flowfile.publish_output(pl.DataFrame({"n": [1]}))
"""
PREVIEW = "/api/v1/catalog/artifacts/forest/versions/1/preview/html"


@pytest.fixture(scope="module")
def forest(flow: Flow) -> None:
    """An estimator whose HTML reaches for the page."""
    flow.run("load", FOREST)


@pytest.mark.usefixtures("forest")
def test_html_of_a_preview_stays_in_its_frame(page: Page) -> None:
    page.goto("/catalog/forest")
    frame = page.frame_locator("iframe.html")
    expect(frame.locator("body")).to_contain_text("a forest kept in")
    assert page.locator("iframe.html").get_attribute("sandbox") == "allow-scripts"
    expect(page.get_by_text("depth")).to_be_visible()
    expect(page).to_have_title("forest · Husk")
    answer = page.goto(PREVIEW)
    assert answer is not None
    assert answer.status == 403


@pytest.mark.usefixtures("forest")
def test_without_its_frame_and_its_policy_it_would_not(page: Page, api: httpx.Client) -> None:
    html = api.get(PREVIEW.removeprefix("/api/v1")).text
    page.goto("/catalog/forest")
    expect(page.frame_locator("iframe.html").locator("body")).to_contain_text("kept in")
    page.route(f"**{PREVIEW}", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.evaluate(
        "path => document.body.append(Object.assign(document.createElement('iframe'), { src: path }))",
        PREVIEW,
    )
    expect(page).to_have_title("taken")


def test_an_old_version_is_promoted_and_the_latest_is_guarded(
    page: Page, api: httpx.Client, flow: Flow
) -> None:
    flow.run(
        "load",
        "for n in (1, 2): flowfile.publish_global('guarded', n)\n"
        "flowfile.publish_output(pl.DataFrame({'n': [1]}))",
    )
    page.goto("/catalog/guarded?version=1")
    page.get_by_role("button", name="Promote to latest").click()
    expect(page).to_have_url("/catalog/guarded?namespace=default")
    expect(page.get_by_text("the object of version 1")).to_be_visible()
    versions = page.get_by_role("complementary", name="Versions").get_by_role("listitem")
    expect(versions).to_have_count(3)
    page.get_by_role("button", name="More about this artifact").click()
    page.get_by_role("menuitem", name="Delete this version…").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog.get_by_role("button", name="Delete version")).to_be_disabled()
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Delete version").click()
    expect(versions).to_have_count(2)
    expect(dialog).to_have_count(0)
    versions.last.get_by_role("link").click()
    page.get_by_role("button", name="More about this artifact").click()
    page.get_by_role("menuitem", name="Delete this version…").click()
    dialog.get_by_role("button", name="Delete version").click()
    expect(versions).to_have_count(1)
    page.get_by_role("button", name="More about this artifact").click()
    page.get_by_role("menuitem", name="Delete all versions…").click()
    expect(dialog).to_contain_text("KeyError")
    dialog.get_by_role("button", name="Delete all versions").click()
    expect(page).to_have_url("/catalog")
    assert api.get("/catalog/artifacts/guarded").status_code == 404


def test_what_is_not_there_says_so_and_an_empty_catalog_teaches(
    page: Page, stack: Stack, api: httpx.Client, new_context: NewContext
) -> None:
    page.goto("/catalog/nosuch")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    page.goto("/catalog/delays?version=77")
    expect(page.get_by_text("There is no version 77")).to_be_visible()
    theirs = People(stack, api, new_context).browser_of("judy", "editor").new_page()
    theirs.goto("/catalog")
    expect(theirs.get_by_role("heading", name="The catalog is empty")).to_be_visible()
    theirs.goto("/catalog/delays")
    expect(theirs.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_hostile_names_and_tags_are_text(page: Page, flow: Flow) -> None:
    flow.run(
        "load",
        "name = \"<img src=x onerror=document.title='taken'> %2F ?#&\"\n"
        "flowfile.publish_global(name, 1, tags=['<b>tag</b>'], description='<script>alert(1)</script>')\n"
        "flowfile.publish_output(pl.DataFrame({'<i>n</i>': [1]}))",
    )
    page.goto("/catalog?q=onerror")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("<script>alert(1)</script>")
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "<img src=x onerror=document.title='taken'> %2F ?#&"
    )
    page.reload()
    expect(page.get_by_role("link", name="<b>tag</b>")).to_be_visible()
    assert page.title().startswith("<img")


@pytest.mark.usefixtures("flow")
def test_the_palette_leads_to_the_catalog(page: Page) -> None:
    page.goto("/kernels")
    expect(page.get_by_role("heading", name="Kernels")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.insert_text("catalog")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/catalog$"))


@pytest.mark.usefixtures("flow")
@pytest.mark.parametrize("theme", THEMES)
def test_it_has_no_fault(new_context: NewContext, theme: Theme) -> None:
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    for path in (
        "/catalog",
        "/catalog/delays?version=1",
        "/catalog/picture?namespace=reports",
        "/catalog/model",
    ):
        page.goto(path)
        expect(page.locator("tbody tr, .preview").first).to_be_visible()
        page.wait_for_function(STILL)
        assert faults(page) == [], path
    page.goto("/catalog/delays")
    page.get_by_role("button", name="More about this artifact").click()
    page.get_by_role("menuitem", name="Delete this version…").click()
    page.wait_for_function(STILL)
    assert faults(page) == []


def test_what_is_said_of_a_version_is_changed_and_others_see_it_at_once(
    page: Page, new_context: NewContext, flow: Flow
) -> None:
    flow.run(
        "load",
        "flowfile.publish_global('said', 1, tags=['old'])\nflowfile.publish_output(pl.DataFrame({'n': [1]}))",
    )
    other = new_context().new_page()
    other.goto("/catalog?q=said")
    expect(other.get_by_role("button", name="old")).to_be_visible()
    page.goto("/catalog/said")
    page.get_by_role("button", name="Edit description and tags").click()
    sheet = page.get_by_role("dialog", name="Description and tags")
    sheet.get_by_label("Description", exact=True).fill("<b>As of</b> today")
    sheet.get_by_role("button", name="Take away the tag old").click()
    sheet.get_by_label("Tags", exact=True).fill("<i>new</i>, eu")
    sheet.get_by_role("button", name="Save").click()
    expect(sheet).to_have_count(0)
    expect(page.get_by_text("<b>As of</b> today")).to_be_visible()
    expect(page.get_by_role("link", name="<i>new</i>")).to_be_visible()
    expect(other.get_by_role("button", name="<i>new</i>")).to_be_visible()
    expect(other.get_by_role("button", name="old")).to_have_count(0)


def test_a_prune_says_what_would_go_and_then_does_it(page: Page, api: httpx.Client, flow: Flow) -> None:
    flow.run(
        "load",
        "for n in range(5): flowfile.publish_global('pruned', n, namespace='many')\n"
        "flowfile.publish_output(pl.DataFrame({'n': [1]}))",
    )
    page.goto("/catalog?namespace=many")
    page.get_by_role("button", name="Prune…").click()
    sheet = page.get_by_role("dialog", name="Prune old versions")
    expect(sheet.get_by_label("Namespace")).to_have_value("many")
    expect(sheet.get_by_role("status").first).to_contain_text("2 versions of 1 name")
    sheet.get_by_label("Newest that stay, of each name").fill("0")
    expect(sheet.get_by_text("Say how many versions stay of each name")).to_be_visible()
    sheet.get_by_label("Newest that stay, of each name").fill("1")
    would_go = sheet.get_by_role("region", name="Versions that would go").locator("tbody tr")
    expect(would_go).to_have_count(4)
    sheet.get_by_label("Only older than, days").fill("30")
    expect(sheet.get_by_text("Nothing would go")).to_be_visible()
    sheet.get_by_label("Only older than, days").fill("")
    assert len(api.get("/catalog/artifacts/pruned?namespace=many").json()["items"]) == 5
    sheet.get_by_role("button", name="Delete 4 versions").click()
    expect(sheet.get_by_text("4 versions deleted")).to_be_visible()
    left = api.get("/catalog/artifacts/pruned?namespace=many").json()["items"]
    assert [one["version"] for one in left] == [5]


def test_a_name_that_is_deleted_elsewhere_goes_from_an_open_page(
    page: Page, api: httpx.Client, flow: Flow
) -> None:
    flow.run(
        "load",
        "for n in (1, 2): flowfile.publish_global('fleeting', n)\n"
        "flowfile.publish_output(pl.DataFrame({'n': [1]}))",
    )
    page.goto("/catalog/fleeting?version=1")
    expect(page.get_by_role("heading", name="Lineage")).to_be_visible()
    api.delete("/catalog/artifacts/fleeting/versions/1").raise_for_status()
    expect(page.get_by_text("There is no version 1")).to_be_visible()
    api.delete("/catalog/artifacts/fleeting?force=true").raise_for_status()
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
