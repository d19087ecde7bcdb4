"""Files in the console: downloads for those who are signed in, of their account alone."""

from dataclasses import replace

from console.world import ASHA, BEN, World

from leadwire.crm.files import FileAbout, StoredFile

_FILE = StoredFile(FileAbout("id-1", 'plan".html', "text/html", 9, 0, "u"), b"<script/>")


def test_a_file_is_downloaded_and_never_shown(world: World) -> None:
    """Whatever type it claims to be."""
    world.services = replace(
        world.services,
        file=lambda account_id, file_id: (
            _FILE if (account_id, file_id) == (ASHA.account_id, "id-1") else None
        ),
    )
    answer = world.client(ASHA).get("/console/files?file=id-1/plan.html")
    assert answer.content == b"<script/>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''plan%22.html"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert world.client(BEN).get("/console/files?file=id-1/plan.html").status_code == 404
    assert world.client(ASHA).get("/console/files").status_code == 404
    assert world.client().get("/console/files?file=id-1/plan.html").status_code == 303
