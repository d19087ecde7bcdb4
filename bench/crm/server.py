"""The server that is measured: ``python -m bench.crm.server DIR INDEXES`` serves until it is ended.

INDEXES is the setting ``lead_field_indexes``.

The first line that it prints is a JSON object with the port and the key pair.
"""

import json
import socket
import sys
from pathlib import Path

import uvicorn

from leadwire.database.places import Place
from leadwire.server.app import App, set_up_data_folder
from leadwire.server.serving import server_config
from leadwire.settings import Settings


def _serve(folder: Path, indexes: str) -> None:
    settings = Settings(data=folder, port=0, lead_field_indexes=indexes)
    first = set_up_data_folder(Place(folder), account_name="bench", email="bench@example.com")
    listener = socket.create_server((settings.host, 0), backlog=64)
    keys = (first.access_key, first.secret_key)
    print(json.dumps({"port": listener.getsockname()[1], "keys": keys}), flush=True)
    app = App(settings)
    uvicorn.Server(server_config(app, settings, app.connections)).run([listener])


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), sys.argv[2])
