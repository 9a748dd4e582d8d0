"""The page of schedules: made, previewed while one writes, paused, fired by hand, deleted."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewContext
from tests.browser.flow_runs import Runs, document, one_node
from tests.browser.test_accessible import STILL, THEMES, Theme, faults
from tests.browser.test_hostile import XSS, ran

WEEKDAYS = {"cron": "30 6 * * 1-5"}


@pytest.fixture(scope="module")
def runs(api: httpx.Client) -> Runs:
    return Runs(api)


@pytest.fixture(scope="module")
def flow(runs: Runs) -> str:
    """A flow that works."""
    return runs.flow(one_node("on time", "print('on time')"))


def row(page: Page, words: str) -> Locator:
    """A schedule's row."""
    return page.get_by_role("region", name="Schedules").locator("tbody tr").filter(has_text=words)


def made(api: httpx.Client, flow: str, name: str, **more: object) -> str:
    """A schedule's id."""
    body = {"name": name, "kind": "cron", "spec": WEEKDAYS, "timezone": "Europe/Amsterdam", **more}
    answer = api.post(f"/flows/{flow}/schedules", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_schedule_is_made_with_its_words_while_one_writes(page: Page, flow: str) -> None:
    page.goto("/kernels")
    page.get_by_role("link", name="Schedules").click()
    page.get_by_role("button", name="New schedule").click()
    sheet = page.get_by_role("dialog", name="New schedule")
    expect(sheet).to_contain_text("Choose a flow.")
    sheet.get_by_label("Flow", exact=True).select_option(flow)
    sheet.get_by_label("Time zone").fill("Europe/Amsterdam")
    means = sheet.get_by_role("region", name="What it means")
    expect(means).to_contain_text("every weekday at 06:30, Amsterdam")
    expect(means.locator("tbody tr")).to_have_count(5)
    expect(means.locator("tbody tr").first).to_contain_text("06:30")
    expect(means.get_by_role("columnheader", name="UTC")).to_be_visible()
    for wrong, words in (("0 0 31 2 *", "never"), ("30 6 * * 1-5 2026", "five fields")):
        sheet.get_by_label("Cron expression").fill(wrong)
        expect(means.get_by_role("alert")).to_contain_text(words)
    sheet.get_by_label("Cron expression").fill("0 7 * * *")
    expect(means).to_contain_text("07:00")
    sheet.get_by_role("button", name="Create schedule").click()
    expect(sheet).to_have_count(0)
    expect(row(page, "every day at 07:00, Amsterdam")).to_contain_text("on time")


def test_each_kind_is_made(page: Page, api: httpx.Client, runs: Runs, flow: str) -> None:
    first = runs.flow(one_node("comes before", "1"))
    page.goto(f"/schedules?new=true&flow={flow}")
    sheet = page.get_by_role("dialog", name="New schedule")
    fills = {
        "Interval": ("Every", "2"),
        "Once": ("At", "2030-12-01T06:00"),
        "New file": ("In the folder", "inbox/"),
    }
    for kind, (label, value) in fills.items():
        sheet.get_by_role("button", name=kind).click()
        sheet.get_by_label(label, exact=True).fill(value)
        sheet.get_by_label("Name", exact=True).fill(f"by {kind}")
        sheet.get_by_role("button", name="Create schedule").click()
        expect(row(page, f"by {kind}")).to_be_visible()
        page.goto(f"/schedules?new=true&flow={flow}")
    sheet.get_by_role("button", name="Other flow").click()
    sheet.get_by_label("After the success of").select_option(first)
    expect(sheet.get_by_role("region", name="What it means")).to_contain_text("comes before")
    sheet.get_by_role("button", name="Create schedule").click()
    expect(row(page, "comes before")).to_contain_text("when that flow succeeds")
    kinds = {one["kind"]: one["spec"] for one in api.get(f"/flows/{flow}/schedules").json()["items"]}
    assert kinds["interval"] == {"every_s": 7200}
    assert kinds["once"] == {"at": "2030-12-01T06:00:00"}
    assert kinds["flow"] == {"flow_id": first}


def test_a_schedule_is_paused_resumed_and_changed(page: Page, api: httpx.Client, flow: str) -> None:
    made(api, flow, "to be paused")
    page.goto("/schedules")
    mine = row(page, "to be paused")
    expect(mine.locator("time")).to_contain_text("in ")
    mine.get_by_role("button", name="Pause to be paused").click()
    expect(mine).to_contain_text("Paused")
    mine.get_by_role("button", name="Resume to be paused").click()
    expect(mine.locator("time")).to_contain_text("in ")
    mine.get_by_role("button", name="More about to be paused").click()
    page.get_by_role("menuitem", name="Edit…").click()
    sheet = page.get_by_role("dialog", name="Edit to be paused")
    expect(sheet.get_by_label("Cron expression")).to_have_value(WEEKDAYS["cron"])
    sheet.get_by_label("Cron expression").fill("15 8 * * *")
    sheet.get_by_text("Overlap, missed fires, retries, time limit").click()
    sheet.get_by_label("While a run of it is still going").select_option("queue")
    sheet.get_by_label("Retries").fill("2")
    sheet.get_by_role("button", name="Save").click()
    expect(mine).to_contain_text("every day at 08:15")
    found = next(one for one in api.get("/schedules").json()["items"] if one["name"] == "to be paused")
    assert (found["overlap"], found["retries"]) == ("queue", 2)


def test_a_schedule_runs_now_and_remembers_it(page: Page, api: httpx.Client, flow: str) -> None:
    made(api, flow, "by hand too")
    page.goto("/schedules")
    row(page, "by hand too").get_by_role("button", name="More about by hand too").click()
    page.get_by_role("menuitem", name="Run it now").click()
    expect(page).to_have_url(re.compile("/runs/"))
    expect(page.locator(".run-head")).to_contain_text("Succeeded")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Schedules").click()
    strip = row(page, "by hand too").get_by_role("button", name=re.compile("^History of by hand too"))
    expect(strip).to_have_attribute("title", "Last 1: 1 succeeded")
    strip.click()
    sheet = page.get_by_role("dialog", name="by hand too")
    expect(sheet.get_by_role("listitem")).to_contain_text("Succeeded")
    expect(sheet.get_by_role("columnheader", name="Europe/Amsterdam")).to_be_visible()


def test_a_schedule_is_deleted_after_it_is_said_what_stays(page: Page, api: httpx.Client, flow: str) -> None:
    made(api, flow, "to be deleted")
    page.goto("/schedules")
    row(page, "to be deleted").get_by_role("button", name="More about to be deleted").click()
    page.get_by_role("menuitem", name="Delete…").click()
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Its runs and their record stay")
    dialog.get_by_role("button", name="Delete schedule").click()
    expect(row(page, "to be deleted")).to_have_count(0)


def test_parameters_are_given_with_their_types(page: Page, api: httpx.Client, runs: Runs) -> None:
    late = runs.flow(document("with parameters"))
    page.goto(f"/schedules?new=true&flow={late}")
    sheet = page.get_by_role("dialog", name="New schedule")
    sheet.get_by_label("minutes").fill("soon")
    expect(sheet.get_by_role("button", name="Create schedule")).to_be_disabled()
    sheet.get_by_label("minutes").fill("45")
    sheet.get_by_role("button", name="Create schedule").click()
    expect(sheet).to_have_count(0)
    assert [one["parameters"] for one in api.get(f"/flows/{late}/schedules").json()["items"]] == [
        {"minutes": 45}
    ]


def test_names_are_text(page: Page, api: httpx.Client, flow: str) -> None:
    hostile = made(api, flow, XSS[:190], paused=True)
    for path in ("/schedules", f"/schedules?schedule={hostile}", f"/schedules?schedule={hostile}&edit=true"):
        page.goto(path)
        expect(page.get_by_text("<img src=x").first).to_be_visible()
        assert not ran(page), path
    api.delete(f"/schedules/{hostile}").raise_for_status()


@pytest.mark.parametrize("theme", THEMES)
def test_the_page_has_no_fault(new_context: NewContext, api: httpx.Client, flow: str, theme: Theme) -> None:
    schedule = made(api, flow, f"without fault, {theme}")
    page = new_context(color_scheme=theme, bypass_csp=True).new_page()
    page.goto("/schedules")
    expect(row(page, f"without fault, {theme}")).to_contain_text("never fired")
    assert faults(page) == []
    for path in (f"/schedules?schedule={schedule}", f"/schedules?schedule={schedule}&edit=true"):
        page.goto(path)
        expect(page.get_by_role("dialog").locator("tbody tr").first).to_be_visible()
        page.wait_for_function(STILL)
        assert faults(page) == [], path
