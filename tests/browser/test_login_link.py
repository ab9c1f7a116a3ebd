"""Where guests only watch, the way to log in."""

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open
from tests.browser.pages import entered
from tests.deployment import Deployment, Deployments

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def site(deployments: Deployments) -> Iterator[Deployment]:
    """One process whose guests only watch, and log in at the administration's form."""
    with deployments.sqlite("watching", LIVEROOM_GUESTS="watch", LIVEROOM_LOGIN_URL="/admin/login/") as deployment:
        yield deployment


@pytest.mark.long
async def test_the_way_to_log_in_and_back(window: Open, site: Deployment) -> None:
    """The sentence is a link, in stage and shelf; whoever logs in there is back in the room, and takes part."""
    site.call("make_room", slug="watched")
    site.call("make_administrator", username="boss", password="a long enough one")
    page = await entered(await window("/rooms/watched/"))
    await expect(page.locator("#why-shop a")).to_have_text("Log in to take part.")
    await page.locator("#why").get_by_role("link", name="Log in to take part.").click()
    await expect(page.locator("#id_username")).to_be_focused()
    await page.locator("#id_username").fill("boss")
    await page.locator("#id_password").fill("a long enough one")
    await page.locator("[type=submit]").click()
    await expect(page).to_have_url(re.compile(r"/rooms/watched/$"))
    await entered(page)
    await expect(page.locator("#why")).to_be_empty()
    await expect(page.get_by_label("Your comment")).to_be_editable()


async def test_without_such_a_place(window: Open, deployments: Deployments) -> None:
    """The page does not ask for what cannot be done."""
    with deployments.sqlite("watching-only", LIVEROOM_GUESTS="watch") as deployment:
        deployment.call("make_room", slug="watched-only")
        # It is gone before the window is.
        page = await entered(await window(f"{deployment.url}/rooms/watched-only/", offline_ok=True))
        for line in ("#why", "#why-shop"):
            await expect(page.locator(line)).to_have_text("Only watching is possible here.")
            await expect(page.locator(f"{line} a")).to_have_count(0)
